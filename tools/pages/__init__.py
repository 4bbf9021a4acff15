r"""The examples of Markdown pages, run: `python -m tools.pages docs/tutorial.md` compares, `--write` renews outputs.

A fenced block is an example by its language:

- `console`: lines that begin with `$ ` are commands (`\` at an end goes on), what follows each is what it prints on
  standard output. A comment before the block, `<!-- exit 1 -->`, says that its last command ends so; standard error
  is part of what that one prints.
- `python` with `>>>`: a doctest; the blocks of a page share their names. Without: a program, which must end well.
- any language with `title="name"`: a file of that name, which what follows may read.

`<!-- not run: why -->` before a block leaves it out; its commands must still be spelled as `lode` knows them.

A page runs in an empty folder that is HOME too, with no setting and no network of ours: Yahoo is an address where
nobody answers. In an expected line `…` stands for anything, alone on a line for any lines. Times, ids and the run's
folder are not compared.
"""
