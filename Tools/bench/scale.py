#!/usr/bin/env python3
"""Cost of `factorize` against a table's height, width and ratio: seconds, CPU and memory of its own.

    scale.py --seeconv .build/release/seeconv [--shapes 32064x3072,128256x4096] [--ratios 20] [--type F32] [--folder DIR]

Memory is the peak of anonymous pages (RssAnon of /proc/PID/status, ten times a second): what the program needs beyond
the source, whose pages the system may drop. Tables are made by Tools/generate/scale_table.py and removed again.
"""
import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time


def run(command):
    """Seconds, CPU seconds and the peak of anonymous memory in MiB of `command`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status") as status:
                found = re.search(r"RssAnon:\s+(\d+)", status.read())
                peak = max(peak, int(found.group(1)) if found else 0)
        except OSError:
            pass
        time.sleep(0.1)
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        sys.exit(process.stderr.read().decode())
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeconv", default=".build/release/seeconv")
    parser.add_argument("--shapes", default="8016x768,16032x768,8016x1536,32064x3072,128256x4096")
    parser.add_argument("--ratios", default="20")
    parser.add_argument("--type", default="F32")
    parser.add_argument("--folder")
    options = parser.parse_args()

    generator = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "generate", "scale_table.py")
    print("| V × d | ratio | error | seconds | CPU seconds | ns of CPU an element | own memory, MiB |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for shape in options.shapes.split(","):
        rows, columns = map(int, shape.split("x"))
        folder = tempfile.mkdtemp(dir=options.folder)
        try:
            source, work = os.path.join(folder, "table.safetensors"), os.path.join(folder, "work")
            subprocess.run(
                [sys.executable, generator, source, "--rows", str(rows), "--columns", str(columns), "--type", options.type],
                check=True,
            )
            subprocess.run([options.seeconv, "import", source, "-o", work, "-q"], check=True, stdout=subprocess.DEVNULL)
            for ratio in options.ratios.split(","):
                report = os.path.join(folder, "report.json")
                seconds, cpu, memory = run(
                    [options.seeconv, "factorize", work, "--ratio", ratio, "--weights", "uniform", "--json", report]
                )
                with open(report) as file:
                    table = json.load(file)["tables"][0]
                print(
                    f"| {rows:,} × {columns:,} | {float(table['byteRatio']):.2f} | {table['relativeError']:.3f} | {seconds:.1f} "
                    f"| {cpu:.1f} | {1e9 * cpu / (rows * columns):.0f} | {memory:.0f} |",
                    flush=True,
                )
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
