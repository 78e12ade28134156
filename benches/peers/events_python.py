"""Recordings of event cameras and spike trains as Python packages read them, against spikefuse's readers.

    cargo build --release --example inputs
    pip install numpy h5py tonic expelliarmus
    python benches/peers/events_python.py [FOLDER|FILE ...] [--program target/release/examples/inputs]

Recordings of every form are drawn at random and written: `.dat` and EVT 2.0 by expelliarmus, `.bin`, EVT 3.0, AEDAT 2.0 and AEDAT 3.1 with
the tables of DVS128 Gesture by this file, structured `.npy` with Tonic's type and order of fields, `.npz` as SpikingJelly saves it, and SHD's
form by h5py in three widths. They are read by expelliarmus (.dat, .raw), by Tonic (.bin, .aedat), by numpy and by h5py, and every event of
every sample (time, pixel, polarity, class) is compared. A folder of N-MNIST's form or an SHD file that is named is compared as well. The exit
code is 1 if anything differs.

Tonic's read_dvs_128 gives the address bits as they are, with row and column exchanged: x, y and p become 127 - y, 127 - x and 1 - p, which
is the picture that jAER shows. Its reader of AEDAT headers returns one value more than its callers take; it is called here by itself.
"""

import argparse
import collections
import csv
import pathlib
import struct
import subprocess
import sys
import tempfile

import expelliarmus
import h5py
import numpy as np
import tonic.io

ROOT = pathlib.Path(__file__).resolve().parents[2]
TONIC = np.dtype([("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", bool)])


def draw(rng, width, height, count, end_us, first_us=0):
    """Events in the order of their times, the first at first_us."""
    events = np.zeros(count, TONIC)
    events["t"] = np.sort(rng.integers(first_us, end_us, count))
    events["t"][0] = first_us
    events["x"], events["y"] = rng.integers(0, width, count), rng.integers(0, height, count)
    events["p"] = rng.integers(0, 2, count)
    return events


def rows(events, width, height, first_us):
    """(time, element) of events, as a list in order."""
    t, x, y, p = (events[name].astype(np.int64) for name in "txyp")
    return sorted(zip((t - first_us).tolist(), ((p * height + y) * width + x).tolist()))


def ours(program, path, *more):
    """{sample: (class, [(microseconds, element)])}"""
    command = [str(program), str(path), "0.001", *more]
    table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = collections.defaultdict(lambda: [None, []])
    for row in csv.DictReader(table.splitlines()):
        of = found[row["sample"]]
        of[0] = int(row["class"])
        of[1].append((int(row["tick"]), int(row["element"])))
    return found


def evt3(events, vectors):
    """Words of EVT 3.0, neighbours of one row, time and polarity as vectors or one by one. (expelliarmus writes a time's high bits once.)"""
    words, high, y = [], None, None
    keys = np.stack([events["t"], events["y"], events["p"]], axis=1)
    order = np.lexsort((events["x"], events["p"], events["y"], events["t"]))
    for key in dict.fromkeys(map(tuple, keys[order].tolist())):
        columns = sorted({int(x) for x in events["x"][(keys == key).all(axis=1)]})
        t, row, p = key
        if high != t >> 12:
            high = t >> 12
            words.append(8 << 12 | high & 0xFFF)
        words += [6 << 12 | t & 0xFFF, row]
        while columns and vectors:
            base = columns[0]
            mask = sum(1 << (x - base) for x in columns if x < base + 32)
            columns = [x for x in columns if x >= base + 32]
            words += [3 << 12 | p << 11 | base, 4 << 12 | mask & 0xFFF, 4 << 12 | mask >> 12 & 0xFFF, 5 << 12 | mask >> 24]
        words += [2 << 12 | p << 11 | x for x in columns]
    return struct.pack(f"<{len(words)}H", *words)


def expelliarmus_forms(rng, folder, compare, program):
    """.bin, .dat and .raw, in a folder for each class."""
    for kind, width, height, ending, head in [
        ("dat", 304, 240, "dat", None),
        ("evt2", 640, 480, "raw", "% evt 2.0\n% geometry 640x480\n% end\n"),
        ("evt3", 1280, 720, "raw", "% format EVT3;height=720;width=1280\n% end\n"),
        ("evt3 drawn", 1280, 720, "raw", "% format EVT3;height=720;width=1280\n% end\n"),
        ("evt3 vectors", 1280, 720, "raw", "% format EVT3;height=720;width=1280\n% end\n"),
    ]:
        wizard = expelliarmus.Wizard(encoding=kind.split()[0])
        place, expected = folder / kind.replace(" ", "_"), {}
        for sample in range(4):
            path = place / str(sample % 2) / f"{sample}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            events = draw(rng, width, height, 5000, 900_000, 4096)
            if kind in ["evt3", "evt3 vectors"]:
                # expelliarmus adds 4096 us where high bits of time change and low bits fall, so here they do not fall.
                events["t"] = np.sort(rng.integers(1, 9, len(events))) << 12 | np.sort(rng.integers(0, 40, len(events)))
            if "vectors" in kind:
                events["x"], events["y"] = rng.integers(0, 400, len(events)), rng.integers(0, 8, len(events))
            wizard.save(fpath=path, arr=events)
            if "evt" in kind:
                body = path.read_bytes()
                # Its own header says no size.
                while body.startswith(b"% "):
                    body = body[body.index(b"\n") + 1 :]
                path.write_bytes(head.encode() + (evt3(events, "vectors" in kind) if "evt3" in kind else body))
            theirs = events if "drawn" in kind else wizard.read(path)
            expected[str(sample)] = (sample % 2, rows(theirs, width, height, int(theirs["t"][0])))
        compare(kind if "drawn" in kind else f"expelliarmus {kind}", ours(program, place, f"{width}x{height}"), expected)


def nmnist(rng, folder, compare, program):
    place, expected = folder / "bin", {}
    for sample in range(4):
        path = place / str(sample % 2) / f"{sample}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        events = draw(rng, 34, 34, 4000, 300_000)
        words = np.zeros((len(events), 5), np.uint8)
        words[:, 0], words[:, 1] = events["x"], events["y"]
        words[:, 2] = events["p"].astype(np.uint8) << 7 | (events["t"] >> 16)
        words[:, 3], words[:, 4] = events["t"] >> 8 & 255, events["t"] & 255
        path.write_bytes(words.tobytes() + bytes([0, 240, 0, 0, 0]) + words[-1].tobytes())
        expected[str(sample)] = (sample % 2, rows(tonic.io.read_mnist_file(path, TONIC), 34, 34, 0))
    compare("tonic .bin", ours(program, place), expected)


def aedat(rng, folder, compare, program):
    place, expected = folder / "aedat2", {}
    for sample in range(4):
        path = place / str(sample % 2) / f"{sample}.aedat"
        path.parent.mkdir(parents=True, exist_ok=True)
        events = draw(rng, 128, 128, 4000, 2_000_000, 70_000)
        address = events["y"].astype(np.int64) << 8 | events["x"].astype(np.int64) << 1 | events["p"]
        body = np.stack([address, events["t"]], axis=1).astype(">u4").tobytes()
        path.write_bytes(b"#!AER-DAT2.0\r\n# AEChip: ch.unizh.ini.jaer.chip.retina.DVS128\r\n" + body)
        version, start, _ = tonic.io.read_aedat_header_from_file(path)
        raw = tonic.io.get_aer_events_from_file(path, version, start)
        theirs = np.zeros(len(raw), TONIC)
        a = raw["address"].astype(np.int64)
        x, y, p = a >> 8 & 127, a >> 1 & 127, a & 1
        theirs["t"], theirs["x"], theirs["y"], theirs["p"] = raw["timeStamp"], 127 - y, 127 - x, 1 - p
        expected[str(sample)] = (sample % 2, rows(theirs, 128, 128, int(theirs["t"][0])))
    compare("tonic AEDAT 2.0", ours(program, place), expected)

    place, expected = folder / "gesture", {}
    place.mkdir()
    for user in range(2):
        path = place / f"user{user}_led.aedat"
        events = draw(rng, 128, 128, 20_000, 9_000_000, 1_000_000)
        data = events["x"].astype(np.int64) << 17 | events["y"].astype(np.int64) << 2 | events["p"].astype(np.int64) << 1 | 1
        body = np.stack([data, events["t"]], axis=1).astype("<u4")
        packets = b""
        for first in range(0, len(body), 3000):
            part = body[first : first + 3000]
            packets += struct.pack("<hhiiiiii", 1, 1, 8, 4, 0, len(part), len(part), len(part)) + part.tobytes()
        path.write_bytes(b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n" + packets)
        table = [(1, 1_200_000, 3_000_000), (11, 2_900_000, 5_000_001), (4, 6_000_000, 9_000_000)]
        lines = "".join(f"{c},{a},{b}\n" for c, a, b in table)
        path.with_name(f"user{user}_led_labels.csv").write_text("class,startTime_usec,endTime_usec\n" + lines)
        version, start, _ = tonic.io.read_aedat_header_from_file(path)
        raw = tonic.io.get_aer_events_from_file(path, version, start)
        theirs = np.zeros(len(raw), TONIC)
        a = raw["address"].astype(np.int64)
        theirs["t"], theirs["x"], theirs["y"], theirs["p"] = raw["timeStamp"], a >> 17 & 0x1FFF, a >> 2 & 0x1FFF, a >> 1 & 1
        for n, (c, begin, end) in enumerate(table):
            inside = theirs[(theirs["t"] >= begin) & (theirs["t"] < end)]
            expected[f"user{user}_led:{n}"] = (c - 1, rows(inside, 128, 128, begin))
    compare("tonic AEDAT 3.1, tables of DVS128 Gesture", ours(program, place), expected)


def numpy_forms(rng, folder, compare, program):
    for name in ["npy", "npz"]:
        place, expected = folder / name, {}
        for sample in range(4):
            path = place / "ab"[sample % 2] / f"{sample}.{name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            events = draw(rng, 346, 260, 4000, 500_000)
            if name == "npy":
                np.save(path, events)
                theirs = np.load(path)
            else:
                np.savez(path, t=events["t"], x=events["x"].astype(np.uint16), y=events["y"], p=events["p"].astype(np.int8))
                theirs = np.load(path)
            expected[str(sample)] = (sample % 2, rows(theirs, 346, 260, 0))
        compare(f"numpy .{name}", ours(program, place, "346x260"), expected)


def of_shd(path):
    expected = {}
    with h5py.File(path) as file:
        for n, (times, units, label) in enumerate(zip(file["spikes/times"], file["spikes/units"], file["labels"])):
            # In microseconds, rounded down as spikefuse does, with its allowance for the last digit.
            ticks = np.floor(times.astype(np.float64) * 1000 / 0.001 + 1e-9).astype(np.int64)
            expected[str(n)] = (int(label), sorted(zip(ticks.tolist(), units.astype(np.int64).tolist())))
    return expected


def shd(rng, folder, compare, program):
    for width in [np.float16, np.float32, np.float64]:
        path = folder / f"{np.dtype(width).name}.h5"
        with h5py.File(path, "w") as file:
            times = file.create_dataset("spikes/times", (20,), h5py.vlen_dtype(width), chunks=(8,), maxshape=(None,))
            units = file.create_dataset("spikes/units", (20,), h5py.vlen_dtype(np.uint16), chunks=(8,), maxshape=(None,))
            for n in range(20):
                count = int(rng.integers(0, 9000))
                times[n] = np.sort(rng.random(count)).astype(width)
                units[n] = rng.integers(0, 700, count).astype(np.uint16)
            file["labels"] = rng.integers(0, 20, 20).astype(np.uint16)
            file["extra/keys"] = np.array([f"word{n}".encode() for n in range(20)])
        compare(f"h5py SHD {np.dtype(width).name}", ours(program, path), of_shd(path))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="*", type=pathlib.Path, metavar="FOLDER|FILE")
    parser.add_argument("--program", default=ROOT / "target" / "release" / "examples" / "inputs", type=pathlib.Path)
    options = parser.parse_args()
    different = []

    def compare(name, found, expected):
        silent = [sample for sample, (_, events) in expected.items() if not events]
        expected = {sample: of for sample, of in expected.items() if sample not in silent}
        wrong = [s for s in found.keys() | expected.keys() if tuple(found.get(s, ())) != tuple(expected.get(s, ()))]
        events = sum(len(of[1]) for of in expected.values())
        print(f"{name:45} {len(expected):6} samples {events:10} events {'equal' if not wrong else f'DIFFERENT: {sorted(wrong)[:5]}'}")
        different.extend(wrong)

    rng = np.random.default_rng(11)
    with tempfile.TemporaryDirectory() as folder:
        for form in [nmnist, expelliarmus_forms, aedat, numpy_forms, shd]:
            form(rng, pathlib.Path(folder), compare, options.program)
    for path in options.data:
        if path.is_file():
            compare(path.name, ours(options.program, path), of_shd(path))
            continue
        files = sorted(path.rglob("*.bin")) + sorted(path.rglob("*.bs2"))
        expected = {}
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as labels:
            for n, file in enumerate(files):
                labels.write(f"{file.stem} {n % 7}\n")
                expected[file.stem] = (n % 7, rows(tonic.io.read_mnist_file(file, TONIC), 34, 34, 0))
            labels.flush()
            compare(str(path), ours(options.program, path, "34x34", labels.name), expected)
    sys.exit(int(bool(different)))


if __name__ == "__main__":
    main()
