"""The commands on a system like Windows, in a process that test_windows.py starts.

python -X warn_default_encoding tests/windows_session.py FOLDER LOG

FOLDER has a data set 数据 of the classes 狗 and 猫; LOG is the file that gets the standard output.
"""

import pathlib
import re
import signal
import sys
import threading
import time
import urllib.request

from windows_like import behave_like_windows

STOPPED = 128 + signal.SIGINT


def run_commands(folder, log):
    """Runs every command on a run in a folder; prints their exit codes."""
    from keras_gan.cli import main

    run, served = folder / "输出" / "猫", folder / "输出" / "模型"
    train = ["train", "dcgan", "--data", folder / "数据", "--out", run, "--cache", folder / "缓存"]
    train += ["--width", 2, "--batch-size", 4, "--every", 2, "--checkpoint-every", 1, "--steps"]
    evaluate = ["evaluate", run, "--metrics", "sliced_wasserstein", "nearest"]
    commands = [
        [*train, 2],
        [*train, 3],  # goes on
        ["sample", run, "--label", "猫", "--count", 4, "--out", folder / "图片" / "猫.png"],
        [*evaluate, "--evaluate-count", 16, "--extractor", "values"],
        ["report", run],
        ["export", run, "--out", served, "--web", folder / "网页"],
        ["explore", run, "interpolate", "--out", folder / "图片" / "走.gif"],
        ["serve", served, "--port", 0],
        ["sample", folder / "没有"],
    ]
    for words in commands:
        if words[0] == "serve":
            threading.Thread(target=ask_server, args=[log], daemon=True).start()
        print(words[0], main([str(word) for word in words]), flush=True)


def ask_server(log):
    """Asks the server for a picture once it has printed its address, and stops it."""
    while not (address := re.search(r"^http://\S+", log.read_text("cp1252"), re.MULTILINE)):
        time.sleep(0.05)
    try:
        with urllib.request.urlopen(f"{address[0]}/sample.png?count=4") as answer:
            print("served", answer.read(4))
    finally:
        signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    folder, log = map(pathlib.Path, sys.argv[1:])
    behave_like_windows(folder)
    run_commands(folder, log)
