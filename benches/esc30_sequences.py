"""The sounds of ESC30 as sequences of log-mel frames, in the plain form; needs numpy.

    python benches/esc30_sequences.py --files DIR --out DATA

DIR is the folder of the ESC30 files, with `raw` (64 mel bands x 108 frames of 46 ms a clip) and `compact`. Writes DATA/ESC30Sequences:
clips, classes, parts and pictures are those of ESC30; a sound is its 108 frames, with no statistics over time. For research only, as
the files are.
"""

import argparse
import csv
import pathlib

import numpy as np


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    raw, compact, out = options.files / "raw", options.files / "compact", options.out / "ESC30Sequences"
    out.mkdir(parents=True, exist_ok=True)

    spectrograms = np.load(raw / "esc50_logmel_u8_1600x64x108.npy")
    clips, bands, frames = spectrograms.shape
    audio = spectrograms.transpose(0, 2, 1).reshape(clips * frames, bands) / np.float32(255)
    np.save(out / "audio.npy", audio.astype(np.float16))
    np.save(out / "video.npy", np.load(compact / "video_feat_5618x512_f32.npy"))
    np.save(out / "class_vectors.npy", np.load(compact / "class_w2v_30x300_f32.npy"))
    write(out / "classes.csv", ["class"], ([row["class"]] for row in read(compact / "classes.csv")))
    header = ["clip", "class", "audio_row", "audio_end", "video_row", "video_end", "parts"]
    pairs = ((row, int(row["audio_row"]) * frames, int(row["image_row"])) for row in read(compact / "pairs.csv"))
    rows = ([row["pair_id"], row["class"], a, a + frames, v, v + 1, row["stages"]] for row, a, v in pairs)
    write(out / "clips.csv", header, rows)


if __name__ == "__main__":
    main()
