"""Backends in a process of their own: variants of oneDNN whose instruction set is capped."""

from program import measured

CAPPED = "onednn:isa=sse41"
BACKENDS = ("--backend", f"onednn,{CAPPED}", "--steps", 3)


def test_the_capped_variant_is_verified_and_measured_beside_the_other(tmp_path):
    result = measured(tmp_path, *BACKENDS, "--views", "network,layers,isolated,prefix")
    assert result["status"] == "complete"
    checked = {check["backend"] for check in result["verification"]["checks"]}
    assert checked == {"onednn", CAPPED}
    for view in ("network", "layers", "isolated", "prefix"):
        records = [r for r in result["records"] if r["view"] == view]
        assert {r["backend"] for r in records} == {"onednn", CAPPED}
        assert all(len(r["samples"]) == 3 and min(r["samples"]) > 0 for r in records)


def test_the_cap_holds_in_its_process_and_nowhere_else(tmp_path):
    result = measured(tmp_path, *BACKENDS, "--pass", "forward")
    facts = result["environment"][0]["backends"]
    assert facts[CAPPED]["effective_isa"] == "sse41"
    assert "ONEDNN_MAX_CPU_ISA=SSE41" in facts[CAPPED]["process"]
    assert facts["onednn"]["effective_isa"] != "sse41"
    names = " ".join(r["implementation"] for r in result["records"] if r["backend"] == CAPPED and r["implementation"])
    assert "avx" not in names


def test_both_have_the_same_parameters(tmp_path):
    setups = measured(tmp_path, *BACKENDS, "--pass", "forward", "--views", "network")["setups"]
    plain = 431_080 * 4 / 2**20  # LeNet's, before a layout pads them
    assert {setup["backend"] for setup in setups} == {"onednn", CAPPED}
    for setup in setups:
        assert plain <= setup["parameters_mib"] < 1.5 * plain


def test_every_rank_has_a_process_of_its_own(tmp_path):
    result = measured(tmp_path, *BACKENDS, "--pass", "forward", "--views", "network", ranks=2)
    record = next(r for r in result["records"] if r["backend"] == CAPPED)
    assert record["ranks"] == 2
    assert len(record["per_rank"]) == 2
    assert record["conditions"]["involuntary_switches"] is None  # nobody counts them there
