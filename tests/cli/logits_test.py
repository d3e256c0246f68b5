"""What the whole of a deep network makes of the rounding errors of its layers: logits against the reference's."""

import numpy as np
from program import ROOT, bench


def logits(backend, config, folder):
    done = bench(
        *("--config", config, "--batch", 1, "--pass", "forward", "--views", "network", "--backend", backend),
        *("--verify", "off", "--burn-in", 0, "--steps", 1, "--output", folder, "--dump", folder / "dump"),
    )
    assert done.returncode == 0, done.stderr
    return np.load(folder / "dump" / backend / "forward" / "fc8.output.npy").astype(np.float64)


def test_logits_of_vgg16_on_winograd_are_as_exact_as_promised(tmp_path):
    text = (ROOT / "configs" / "vgg16.yaml").read_text()
    size = "height: 224, width: 224"
    assert text.count(size) == 1
    config = tmp_path / "vgg16_small_images.yaml"  # the reference takes minutes for larger ones
    config.write_text(text.replace(size, "height: 96, width: 96"))

    expected = logits("reference", config, tmp_path / "reference")
    found = logits("winograd", config, tmp_path / "winograd")

    assert expected.size == 1000
    assert 0 < np.linalg.norm(found - expected) <= 3e-5 * np.linalg.norm(expected)
