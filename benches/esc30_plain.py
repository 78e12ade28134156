"""ESC30 in the plain form, also with its sounds as sequences, also in folds without its test classes; needs numpy.

    python benches/esc30_plain.py --files DIR --out DATA --sounds averages|segments|frames [--folds]

DIR is the folder of the ESC30 files, with `raw` (64 mel bands x 108 frames of 46 ms a clip) and `compact`. Writes DATA/ESC30Averages,
ESC30Segments or ESC30Frames; clips, classes, parts and pictures are those of ESC30, a sound is

    averages   its 256 statistics over time, as published: mean, deviation, 90th percentile, 4 x mean change of each band
    segments   the same statistics of each twelfth of it
    frames     its 108 frames, no statistics

With --folds, twelve sets instead, ESC30Averages00 to 11: the protocol's two stages within the 24 development classes, so that
configurations can be compared without a look at the test classes. Six classes are unseen in a fold's test, six others in its
validation; seen clips of its test are of ESC-50's fold 3, its first stage trains on fold 1.
For research only, as the files are.
"""

import argparse
import csv
import pathlib

import numpy as np

SEGMENTS = 12


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def sounds(files, kind):
    """[clips, steps, features]."""
    if kind == "averages":
        return np.load(files / "compact" / "audio_feat_1600x256_f32.npy")[:, None]
    spectrograms = np.load(files / "raw" / "esc50_logmel_u8_1600x64x108.npy").astype(np.float32) / 255
    if kind == "frames":
        return spectrograms.transpose(0, 2, 1).astype(np.float16)
    clips, bands, frames = spectrograms.shape
    change = np.abs(np.diff(spectrograms, axis=2, append=spectrograms[:, :, -1:]))
    parts, change = (x.reshape(clips, bands, SEGMENTS, frames // SEGMENTS) for x in (spectrograms, change))
    statistics = [parts.mean(3), parts.std(3), np.percentile(parts, 90, axis=3), 4 * change.mean(3)]
    return np.concatenate(statistics, axis=1).transpose(0, 2, 1).astype(np.float32)


def folds(classes):
    """For each fold the classes that are unseen in its test and those unseen in its validation."""
    of = lambda *splits: [row["class"] for row in classes if row["split"] in splits]
    rng = np.random.default_rng(1)
    shuffles = [[sorted(of("val_unseen")), *rng.permutation(of("train")).reshape(3, 6).tolist()]]
    shuffles += [rng.permutation(of("train", "val_unseen")).reshape(4, 6).tolist() for _ in range(2)]
    return [(groups[i], groups[(i + 1) % 4]) for groups in shuffles for i in range(4)]


def part(pair, fold):
    """The part of a pair of sound and picture in a fold; empty for clips of the test parts."""
    if "test" in pair["stages"]:
        return ""
    unseen, unseen_before = fold
    esc50_fold = pair["pair_id"][len(pair["class"]) + 1]
    if pair["class"] in unseen:
        return "stage_2_test_unseen"
    if esc50_fold == "3":
        return "stage_2_test_seen"
    if pair["class"] in unseen_before:
        return "stage_1_val_unseen|stage_2_train"
    return f"stage_1_{'train' if esc50_fold == '1' else 'val_seen'}|stage_2_train"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--sounds", choices=("averages", "segments", "frames"), required=True)
    parser.add_argument("--folds", action="store_true")
    options = parser.parse_args()
    compact, name = options.files / "compact", f"ESC30{options.sounds.capitalize()}"
    audio = sounds(options.files, options.sounds)
    steps = audio.shape[1]
    video, vectors = np.load(compact / "video_feat_5618x512_f32.npy"), np.load(compact / "class_w2v_30x300_f32.npy")
    classes, pairs = read(compact / "classes.csv"), read(compact / "pairs.csv")
    sets = {name: [pair["stages"] for pair in pairs]}
    if options.folds:
        sets = {f"{name}{i:02}": [part(pair, fold) for pair in pairs] for i, fold in enumerate(folds(classes))}
    for name, parts in sets.items():
        out = options.out / name
        out.mkdir(parents=True, exist_ok=True)
        np.save(out / "audio.npy", audio.reshape(-1, audio.shape[2]))
        np.save(out / "video.npy", video)
        np.save(out / "class_vectors.npy", vectors)
        write(out / "classes.csv", ["class"], ([row["class"]] for row in classes))
        header = ["clip", "class", "audio_row", "audio_end", "video_row", "video_end", "parts"]
        rows = ((pair, int(pair["audio_row"]) * steps, int(pair["image_row"]), stage) for pair, stage in zip(pairs, parts))
        write(out / "clips.csv", header, ([p["pair_id"], p["class"], a, a + steps, v, v + 1, s] for p, a, v, s in rows))


if __name__ == "__main__":
    main()
