"""What `cmake --install` installs works where it was put, away from the sources."""

import os
import shutil
import subprocess

import pytest
from program import ENVIRONMENT, quick, run_folder, start


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install") / "prefix"
    start([os.environ["CMAKE"], "--install", os.environ["BUILD_DIR"], "--prefix", folder]).check_returncode()
    return folder


def share(prefix):
    (folder,) = prefix.glob("share/cnnbench")
    return folder


def test_the_program_finds_the_configs_that_are_installed_with_it(prefix, tmp_path):
    configs = share(prefix) / "configs"
    assert (configs / "vgg16.yaml").exists()
    text = (configs / "lenet.yaml").read_text()
    (configs / "only_here.yaml").write_text(text.replace("model: lenet", "model: only_here"))
    done = start([prefix / "bin/bench", *quick("--config", "only_here"), "--pass", "forward"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Forward across 2 steps" in done.stdout


def test_it_can_be_moved(prefix, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(prefix, moved, symlinks=True)
    text = (moved / "share/cnnbench/configs/lenet.yaml").read_text()
    (moved / "share/cnnbench/configs/after.yaml").write_text(text)
    assert start([moved / "bin/bench", "--config", "after", "--describe"]).returncode == 0


def test_the_installed_scripts_draw_figures(prefix, tmp_path):
    done = start([prefix / "bin/bench", *quick("--output", tmp_path)])
    assert done.returncode == 0, done.stderr
    plot = share(prefix) / "scripts" / "plot.py"
    drawn = subprocess.run(
        [plot, run_folder(tmp_path)], capture_output=True, text=True, env=ENVIRONMENT, timeout=120
    )
    assert (drawn.returncode, drawn.stderr) == (0, "")
    figures = {path.name for path in (run_folder(tmp_path) / "figures").glob("*.png")}
    assert "layers-lenet-forward-onednn.png" in figures
    assert "time-against-flops-lenet-forward-backward-onednn.png" in figures


def installed(prefix, script, *arguments):
    return start([share(prefix) / "scripts" / script, *arguments])


def test_the_installed_script_draws_a_photo_with_the_installed_program(prefix, tmp_path):
    drawn = installed(prefix, "plot_filters.py", "--output", tmp_path)
    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert (tmp_path / "photo-and-feature-maps.png").exists()


def test_the_installed_check_finds_the_installed_configs(prefix, tmp_path):
    dump = ["--config", "mlp_mnist", "--pass", "forward", "--dump", tmp_path / "dump", "--output", tmp_path / "out"]
    assert start([prefix / "bin/bench", *quick(*dump)]).returncode == 0
    done = installed(prefix, "check_with_torch.py", tmp_path / "dump")
    if done.returncode == 77:
        assert done.stderr.startswith("check_with_torch.py: skipped: PyTorch is missing")
    else:
        assert done.returncode == 0, done.stderr
        assert f"{share(prefix)}/configs/mlp_mnist.yaml" in done.stdout
        assert done.stdout.splitlines()[-1].startswith("agrees: ")


def test_the_installed_scripts_compare_results_and_the_machine_with_itself(prefix, tmp_path):
    command = [prefix / "bin/bench", *quick("--pass", "forward")]
    scripts = share(prefix) / "scripts"
    done = start([scripts / "aa.py", "--launches", 1, "--output", tmp_path / "aa", "--", *command])
    assert (done.returncode, done.stderr) == (0, "")
    assert "The machine against itself: launches 1 of a and 1 of b" in done.stdout
    done = start([scripts / "compare.py", tmp_path / "aa/a", tmp_path / "aa/b", "--format", "csv"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "A,B,network,lenet,forward,onednn,,step,1,1," in done.stdout
