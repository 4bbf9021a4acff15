// A text field that completes fields and operators. Words reach the page as text nodes only, never as markup.
const MOST = 8;
const PAUSE = 400; // milliseconds without a key until the text is looked at
const WORD = /[A-Za-z_][A-Za-z0-9_]*$/;
const REST = /^[A-Za-z0-9_]*/;
const states = new WeakMap();

function matches(words, typed) {
  const wanted = typed.toLowerCase();
  const rank = (word) => {
    const name = word.name.toLowerCase();
    if (name.startsWith(wanted)) return 0;
    if (name.includes(wanted)) return 1;
    return wanted.length > 2 && `${word.signature} ${word.meaning}`.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return words.map((word) => [rank(word), word]).filter(([place]) => place < 3)
    .sort((a, b) => a[0] - b[0]).slice(0, MOST).map(([, word]) => word);
}

// The operator in whose parentheses the text before the caret ends.
function calledAt(words, before) {
  let depth = 0;
  for (let at = before.length - 1; at >= 0; at -= 1) {
    if (before[at] === ")") depth += 1;
    if (before[at] === "(" && (depth -= 1) < 0) {
      const name = (before.slice(0, at).match(WORD) || [""])[0].toLowerCase();
      return words.find((word) => word.call && word.name === name);
    }
  }
  return undefined;
}

class Editor {
  constructor(root) {
    this.box = root.querySelector("#formula");
    this.list = root.querySelector("#completions");
    this.hint = root.querySelector("#hint");
    this.told = root.querySelector("#told");
    this.words = [];
    this.shown = [];
    this.active = -1;
    this.box.addEventListener("input", () => { this.complete(false); this.later(); });
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.box.addEventListener("click", () => { this.close(); this.explain(); });
    this.box.addEventListener("blur", () => { this.close(); this.send(); });
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = event.target.closest("li");
      if (option) this.take(Number(option.dataset.place));
    });
  }

  update({ data, setStateValue, setTriggerValue }) {
    this.set = setStateValue;
    this.trigger = setTriggerValue;
    this.words = data.words;
    if (this.stamp !== data.stamp) {
      this.stamp = data.stamp;
      this.box.value = this.sent = data.text;
    }
  }

  text() { return this.box.value.replace(/\s+/g, " ").trim(); }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), PAUSE);
  }

  send() {
    clearTimeout(this.timer);
    if (this.sent !== this.text()) {
      this.sent = this.text();
      this.set("text", this.sent);
    }
  }

  complete(always) {
    const before = this.box.value.slice(0, this.box.selectionStart);
    const typed = (before.match(WORD) || [""])[0];
    this.shown = typed || always ? matches(this.words, typed) : [];
    this.active = -1;
    this.draw();
    this.explain();
  }

  explain() {
    const word = calledAt(this.words, this.box.value.slice(0, this.box.selectionStart));
    this.hint.textContent = word ? `${word.signature}: ${word.meaning}` : "";
  }

  draw() {
    this.list.replaceChildren(...this.shown.map((word, place) => this.option(word, place)));
    this.list.hidden = this.shown.length === 0;
    this.told.textContent = this.shown.length ? `${this.shown.length} completions` : "";
    this.mark();
  }

  option(word, place) {
    const option = document.createElement("li");
    option.id = `completion-${place}`;
    option.setAttribute("role", "option");
    option.dataset.place = String(place);
    const name = document.createElement("code");
    name.textContent = word.signature;
    option.append(name, [word.kind, word.meaning].filter(Boolean).join(": "));
    return option;
  }

  mark() {
    [...this.list.children].forEach((option, place) => {
      option.setAttribute("aria-selected", String(place === this.active));
      if (place === this.active) option.scrollIntoView({ block: "nearest" });
    });
    if (this.active < 0) this.box.removeAttribute("aria-activedescendant");
    else this.box.setAttribute("aria-activedescendant", `completion-${this.active}`);
  }

  close() {
    this.shown = [];
    this.active = -1;
    this.draw();
  }

  take(place) {
    const word = this.shown[place];
    const at = this.box.selectionStart;
    const head = this.box.value.slice(0, at).replace(WORD, "") + word.name;
    const tail = this.box.value.slice(at).replace(REST, "");
    const opening = word.call && !tail.startsWith("(") ? "(" : "";
    this.box.value = head + opening + tail;
    this.box.selectionStart = this.box.selectionEnd = head.length + opening.length;
    this.close();
    this.explain();
    this.later();
  }

  pressed(event) {
    const open = this.shown.length > 0;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return;
    if (event.ctrlKey && event.key === " ") this.complete(true);
    else if (open && step) {
      // past either end no completion is chosen, and the text is as it was typed
      this.active = (this.active + 1 + step + this.shown.length + 1) % (this.shown.length + 1) - 1;
      this.mark();
    } else if (open && event.key === "Escape") this.close();
    else if (open && this.active >= 0 && ["Enter", "Tab"].includes(event.key)) this.take(this.active);
    else if (event.key === "Enter") {
      this.close();
      clearTimeout(this.timer);
      this.sent = this.text();
      this.set("text", this.sent);
      this.trigger("asked", this.sent);
    } else return;
    event.preventDefault();
  }
}

export default function formula(component) {
  const root = component.parentElement;
  if (!states.has(root)) states.set(root, new Editor(root));
  states.get(root).update(component);
}
