"""What was measured anew stands in the place of what it was before."""

from benchmarks.rows import Row
from benchmarks.run import merged


def row(work: str, ours: float, peer: str = "", note: str = "", threads: int = 1) -> Row:
    return Row(work, "500 × 2,520", "avx2", threads, "s", ours, peer, note=note)


def test_rows_measured_anew_keep_their_place_and_new_ones_follow():
    before = [row("a", 1.0), row("a", 2.0, threads=2), row("b", 3.0, "KunQuant", "compiling takes it 4 s")]
    after = [row("c", 9.0), row("b", 8.0, "KunQuant", "compiling takes it 5 s"), row("a", 7.0, threads=2)]
    assert [(each.work, each.ours) for each in merged(before, after)] == [
        ("a", 1.0),
        ("a", 7.0),
        ("b", 8.0),
        ("c", 9.0),
    ]


def test_the_two_ways_to_judge_gplearn_s_programs_are_two_rows():
    before = [row("a", n, "gplearn", f"of 12.{n:.0f} nodes; {way}") for n, way in ((1.0, "added"), (2.0, "its own"))]
    after = [row("a", 5.0, "gplearn", "of 9.1 nodes; its own")]
    assert [each.ours for each in merged(before, after)] == [1.0, 5.0]
