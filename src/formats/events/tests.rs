use super::EventFile;
use crate::formats::npy::header;
use std::path::PathBuf;

/// A folder with one file, and the file.
fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// Spikes in ticks of 1 us, of the sensor that the file says, or of 8 x 4.
fn spikes(name: &str, bytes: &[u8]) -> Vec<(u32, u32)> {
    let (_folder, path) = file(name, bytes);
    let file = EventFile::open(&path).unwrap();
    let sensor = file.sensor(None).unwrap().unwrap_or([8, 4]);
    file.spikes(0.001, sensor, None).unwrap()
}

/// Refused with a message that names the file and has all of `said`.
fn refused(name: &str, bytes: &[u8], said: &[&str]) {
    let (_folder, path) = file(name, bytes);
    let read = EventFile::open(&path).and_then(|file| {
        let sensor = file.sensor(None)?.unwrap_or([8, 4]);
        file.spikes(0.001, sensor, None)
    });
    let error = read.unwrap_err().to_string();
    assert!(error.contains(name) && said.iter().all(|text| error.contains(text)), "{said:?}: {error}");
}

/// Element of a pixel on a sensor.
fn element([width, height]: [u32; 2], x: u32, y: u32, on: u32) -> u32 {
    (on * height + y) * width + x
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn shorts(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

const EVT2: &[u8] = b"% date 2024-01-01\n% evt 2.0\n% geometry 640x480\n% end\n";
const EVT3: &[u8] = b"% format EVT3;height=720;width=1280\n% end\n";

fn high_2(high: u32) -> u32 {
    8 << 28 | high
}

fn change_2(on: u32, low: u32, x: u32, y: u32) -> u32 {
    on << 28 | low << 22 | x << 11 | y
}

#[test]
fn evt_2() {
    // What comes before the first time has none; triggers and their continuation are no pixels.
    let body = [
        change_2(1, 3, 9, 9),
        high_2(100),
        change_2(1, 3, 639, 479),
        10 << 28 | 5,
        15 << 28,
        change_2(0, 63, 0, 1),
        high_2(101),
        change_2(0, 0, 2, 0),
    ];
    let at = |x, y, on| element([640, 480], x, y, on);
    let found = spikes("a.raw", &[EVT2, &words(&body)].concat());
    assert_eq!(found, [(0, at(639, 479, 1)), (60, at(0, 1, 0)), (61, at(2, 0, 0))]);
    // The clock runs over from 2^28 - 1.
    let body = [high_2(0xfff_ffff), change_2(1, 0, 1, 1), high_2(0), change_2(1, 1, 1, 1)];
    let found = spikes("a.raw", &[EVT2, &words(&body)].concat());
    assert_eq!(found, [(0, at(1, 1, 1)), (65, at(1, 1, 1))]);

    let back = [high_2(5), change_2(0, 9, 0, 0), change_2(0, 8, 0, 0)];
    refused("b.raw", &[EVT2, &words(&back)].concat(), &["event 1 at 328 us comes after one at 329 us"]);
    let beyond = [high_2(5), change_2(0, 9, 640, 0)];
    refused("b.raw", &[EVT2, &words(&beyond)].concat(), &["event 0 at x 640, y 0", "640 x 480"]);
    refused("b.raw", &[EVT2, &words(&[high_2(0)])[..3]].concat(), &["ends within record 0 of 4 bytes", "truncated"]);
    refused("b.raw", &[EVT2, &words(&[high_2(0), 2 << 28])].concat(), &["word 1", "unknown type 0x2"]);
}

#[test]
fn evt_3() {
    let (y, x, base, twelve, eight, low, high) = (0, 2 << 12, 3 << 12, 4 << 12, 5 << 12, 6 << 12, 8 << 12);
    let on = 1 << 11;
    let body = [
        x | 5, // without a time
        high | 7,
        low | 20,
        y | 719,
        x | on | 1279,
        x | 3,
        low | 21,
        y | 1,
        base | on | 100,
        twelve | 0b1000_0000_0001,
        eight | 0b1000_0001,
        twelve | 1,
        0xa000,
        0xe014,
        0xf123,
        0x7001,
        high | 8,
        x | 1,
        // 16.8 s later the clock has run over.
        high | 4095,
        low | 4095,
        high,
        low,
        x | 2,
    ];
    let at = |x, y, on| element([1280, 720], x, y, on);
    let vector = [100, 111, 112, 119, 120].map(|x| (1, at(x, 1, 1)));
    let start = 7 << 12 | 20;
    let mut expected = vec![(0, at(3, 719, 0)), (0, at(1279, 719, 1))];
    expected.extend(vector);
    expected.extend([((8 << 12) - start, at(1, 1, 0)), ((1 << 24) - start, at(2, 1, 0))]);
    assert_eq!(spikes("a.raw", &[EVT3, &shorts(&body)].concat()), expected);

    refused("b.raw", &[EVT3, &shorts(&[high, y, twelve | 1])].concat(), &["word 2 is a vector without a base"]);
    refused("b.raw", &[EVT3, &shorts(&[high, x | 1])].concat(), &["word 1 is a pixel without a row"]);
    refused("b.raw", &[EVT3, &shorts(&[0x9000])].concat(), &["word 0", "unknown type 0x9"]);
    refused("b.raw", &[EVT3, &shorts(&[high, y, base | 1279, twelve | 2])].concat(), &["event 0 at x 1280"]);
    refused("b.raw", &[EVT3, &[0][..]].concat(), &["record 0 of 2 bytes", "truncated"]);
}

#[test]
fn headers_of_raw_files() {
    refused("a.raw", b"", &["does not say how it is encoded"]);
    refused("a.raw", b"% evt 2.1\n", &["encoded as '2.1'", "EVT 2.0 and EVT 3.0"]);
    refused("a.raw", b"% format EVT4\n% end\n", &["'EVT4'"]);
    refused("a.raw", b"% evt 2.0\n% geometry 64Ox480\n% end\n", &["'64O'"]);
    refused("a.raw", b"% evt 2.0\n% geometry 0x480\n% end\n", &["a sensor of 0 x 480", "1 to 16384"]);
    refused("a.raw", b"% evt 2.0\n% serial", &["header without an end"]);
    // Without a size of its own: what is given; what contradicts its own is refused.
    let (_folder, path) = file("b.raw", b"% evt 2.0\n");
    assert_eq!(EventFile::open(&path).unwrap().sensor(Some([3, 5])).unwrap(), Some([3, 5]));
    assert_eq!(EventFile::open(&path).unwrap().sensor(None).unwrap(), None);
    let (_folder, path) = file("c.raw", EVT2);
    let error = EventFile::open(&path).unwrap().sensor(Some([3, 5])).unwrap_err().to_string();
    assert!(error.contains("c.raw: is of a sensor of 640 x 480; 3 x 5 was expected"), "{error}");
    let error = EventFile::open(&path).unwrap().sensor(Some([1 << 31, 1 << 31])).unwrap_err().to_string();
    assert!(error.contains("sensor: 2147483648 x 2147483648: expected 1 to 16384"), "{error}");
}

#[test]
fn dat() {
    let change = |us: u32, x: u32, y: u32, on: u32| words(&[us, on << 28 | y << 14 | x]);
    let head = b"% Data file containing CD events.\n% Version 2\n% Width 304\n% Height 240\n\x0c\x08";
    let body = [change(900, 303, 239, 1), change(900, 0, 0, 0), change(1100, 1, 2, 0)].concat();
    let at = |x, y, on| element([304, 240], x, y, on);
    let expected = [(0, 0), (0, at(303, 239, 1)), (200, at(1, 2, 0))];
    assert_eq!(spikes("a.dat", &[head, &body[..]].concat()), expected);
    // A file without a header begins with its first event.
    assert_eq!(spikes("a.dat", &change(7, 7, 3, 1)), [(0, element([8, 4], 7, 3, 1))]);
    assert_eq!(spikes("a.dat", b"% Version 2\n"), []);
    refused("b.dat", &[head, &body[..13]].concat(), &["ends within record 2 of 8 bytes"]);
    refused("b.dat", &[head, &change(1, 304, 0, 0)[..]].concat(), &["event 0 at x 304, y 0"]);
    refused("b.dat", &[head, &change(2, 0, 0, 0)[..], &change(1, 0, 0, 0)].concat(), &["event 1 at 1 us"]);
    refused("b.dat", b"% Version 1\n\x0c\x08", &["version '1'"]);
    refused("b.dat", b"% Version 2\n\x28\x08", &["events of type 40"]);
}

const AEDAT2: &[u8] = b"#!AER-DAT2.0\r\n# AEChip: ch.unizh.ini.jaer.chip.retina.DVS128\r\n";
const AEDAT3: &[u8] = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n";

/// Column 3 from the right, row 5 from below, darker: jAER shows it at x 124, row 122 from above.
#[test]
fn aedat_2() {
    let change = |address: u32, us: u32| [address.to_be_bytes(), us.to_be_bytes()].concat();
    let darker = 5 << 8 | 3 << 1 | 1;
    let body = [change(darker, 1000), change(1 << 15, 1001), change(0, 1002)].concat();
    let at = |x, y, on| element([128, 128], x, y, on);
    assert_eq!(spikes("a.aedat", &[AEDAT2, &body].concat()), [(0, at(124, 122, 0)), (2, at(127, 127, 1))]);
    refused("b.aedat", &[AEDAT2, &body[..12]].concat(), &["ends within record 1 of 8 bytes"]);
    refused("b.aedat", &[AEDAT2, &change(0, 2), &change(0, 1)].concat(), &["event 1 at 1 us"]);
    refused("b.aedat", b"#!AER-DAT2.0\r\n# AEChip: eu.seebetter.ini.chips.davis.DAVIS240C\r\n", &["DAVIS240C"]);
    refused("b.aedat", b"#!AER-DAT4.0\r\nxxxx", &["AEDAT 4.0", "2.0 and 3.1"]);
    refused("b.aedat4", b"#!AER-DAT4.0\r\nxxxx", &["AEDAT 4.0"]);
    refused("b.aedat", b"events", &["no AEDAT file"]);
}

/// A packet of AEDAT 3.1 with room for one event more than it has.
fn packet(kind: i16, overflows: u32, events: &[[u32; 2]]) -> Vec<u8> {
    let count = events.len() as u32;
    let head = [8, 4, overflows, count + 1, count, count];
    let mut bytes = [kind.to_le_bytes(), 1_i16.to_le_bytes()].concat();
    bytes.extend(words(&head));
    bytes.extend(words(events.as_flattened()));
    bytes.extend([0; 8]);
    bytes
}

#[test]
fn aedat_3() {
    let change = |x: u32, y: u32, on: u32, us: u32| [x << 17 | y << 2 | on << 1 | 1, us];
    let invalid = [0, 0];
    let first = packet(1, 0, &[change(127, 126, 1, 500), invalid, change(0, 1, 0, 502)]);
    let other = packet(0, 0, &[[1, 2]]);
    let later = packet(1, 1, &[change(2, 3, 1, 7)]);
    let at = |x, y, on| element([128, 128], x, y, on);
    let found = spikes("a.aedat", &[AEDAT3, &first, &other, &later].concat());
    let overflow = (1 << 31) + 7 - 500;
    assert_eq!(found, [(0, at(127, 126, 1)), (2, at(0, 1, 0)), (overflow, at(2, 3, 1))]);

    // Some of it, by the clock of the camera.
    let (_folder, path) = file("b.aedat", &[AEDAT3, &first, &later].concat());
    let part = EventFile::open(&path).unwrap().spikes(0.001, [128, 128], Some(501..600)).unwrap();
    assert_eq!(part, [(1, at(0, 1, 0))]);

    refused("c.aedat", &[AEDAT3, &first, &later[..30]].concat(), &["within packet 1, behind event 3", "truncated"]);
    refused("c.aedat", &[AEDAT3, &first, &later[..20]].concat(), &["within packet 1, behind event 3"]);
    refused("c.aedat", &[AEDAT3, &packet(1, 0, &[change(128, 0, 0, 0)])].concat(), &["event 0 at x 128"]);
    refused("c.aedat", &[AEDAT3, &later, &first].concat(), &["event 1 at 500 us comes after one at 2147483655 us"]);
    let mut negative = first.clone();
    negative[23] = 0x80;
    refused("c.aedat", &[AEDAT3, &negative].concat(), &["negative size", "packet 0"]);
    let mut many = first.clone();
    many[20] = 9;
    refused("c.aedat", &[AEDAT3, &many].concat(), &["packet 0 has 9 of 4 events"]);
    refused("c.aedat", b"#!AER-DAT3.1\r\n#Format: RAW\r\n", &["no line '#!END-HEADER'"]);
    refused("c.aedat", b"#!AER-DAT3.1\r\n#Format: PNG\r\n#!END-HEADER\r\n", &["format 'PNG'"]);
}

/// A `.npy` file of records.
fn records(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let plain = header("<f4", &[]);
    let text = String::from_utf8_lossy(&plain[10..]).trim_end().replace("'<f4'", descr).replace("()", shape) + "\n";
    [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), data].concat()
}

#[test]
fn numpy_records() {
    // As Tonic has them; in another order, big endian, with padding.
    let tonic = "[('x', '<i2'), ('y', '<i2'), ('t', '<i8'), ('p', '?')]";
    let event =
        |x: i16, y: i16, t: i64, p: u8| [&x.to_le_bytes()[..], &y.to_le_bytes(), &t.to_le_bytes(), &[p]].concat();
    let at = |x, y, on| element([8, 4], x, y, on);
    let body = [event(7, 3, 20, 1), event(0, 0, 20, 0), event(1, 2, 31, 1)].concat();
    let expected = [(20, 0), (20, at(7, 3, 1)), (31, at(1, 2, 1))];
    assert_eq!(spikes("a.npy", &records(&tonic.replace('?', "|b1"), "(3,)", &body)), expected);
    let other = "[('t', '>u4'), ('', '|V2'), ('p', '|i1'), ('y', '>u2'), ('x', '|u1')]";
    let body = [0, 0, 0, 9, 77, 77, 255, 0, 1, 6, 0, 0, 0, 10, 0, 0, 1, 0, 0, 5];
    assert_eq!(spikes("a.npy", &records(other, "(2,)", &body)), [(9, at(6, 1, 0)), (10, at(5, 0, 1))]);

    let tonic = &tonic.replace('?', "|b1")[..];
    refused("b.npy", &records(tonic, "(2,)", &event(0, 0, 0, 0)), &["13 bytes of data are not 2 records"]);
    refused("b.npy", &records(tonic, "(1,)", &event(-1, 0, 0, 0)), &["event 0 has x -1, y 0, t 0, p 0"]);
    refused("b.npy", &records(tonic, "(1,)", &event(0, 0, -5, 0)), &["event 0", "t -5"]);
    refused("b.npy", &records(tonic, "(1,)", &event(0, 0, 0, 2)), &["event 0", "p 2"]);
    refused("b.npy", &records(tonic, "(1,)", &event(8, 0, 0, 0)), &["event 0 at x 8, y 0", "8 x 4"]);
    let unordered = [event(0, 0, 9, 0), event(0, 0, 8, 0)].concat();
    refused("b.npy", &records(tonic, "(2,)", &unordered), &["event 1 at 8 us comes after one at 9 us"]);
    refused("b.npy", &records("[('x', '<i2'), ('y', '<f4')]", "(0,)", &[]), &["no integers 'y' among its fields x, y"]);
    refused("b.npy", &records("[('x', '<i2', (2,))]", "(0,)", &[]), &["expected a list of records"]);
    refused("b.npy", &records(tonic, "(1, 1)", &event(0, 0, 0, 0)), &["[1, 1]", "list of records"]);
    refused("b.npy", &records("'<f4'", "(0,)", &[]), &["expected a list of records"]);
}

#[test]
fn the_smallest_sensor_holds_all_events() {
    let (_folder, path) = file("a.dat", &words(&[1, 2 << 14 | 7, 2, 5 << 14]));
    assert_eq!(EventFile::open(&path).unwrap().extent().unwrap(), [8, 6]);
}
