//! Pickles written, for the published layout.

/// Writes pickles of protocol 3, as the benchmarks' files are, for the objects the published layout
/// needs.
#[derive(Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty pickle; write one object, then [`finish`](Writer::finish).
    pub fn new() -> Writer {
        Writer { bytes: b"\x80\x03".to_vec() }
    }

    /// A dictionary; `entries` writes key, value, key, value, ...
    pub fn dict(&mut self, entries: impl FnOnce(&mut Writer)) {
        self.bytes.extend(b"}(");
        entries(self);
        self.bytes.push(b'u');
    }

    /// A list of the objects that `items` writes.
    pub fn list(&mut self, items: impl FnOnce(&mut Writer)) {
        self.bytes.extend(b"](");
        items(self);
        self.bytes.push(b'e');
    }

    /// A string.
    pub fn text(&mut self, text: &str) {
        self.bytes.push(b'X');
        self.length(text.len());
        self.bytes.extend(text.bytes());
    }

    /// An integer.
    pub fn int(&mut self, value: i32) {
        self.bytes.push(b'J');
        self.bytes.extend(value.to_le_bytes());
    }

    /// A float32 array of the given shape.
    pub fn array(&mut self, shape: &[usize], values: &[f32]) {
        self.array_start(shape, "f4", "<");
        self.bytes.push(b'B');
        self.length(size_of_val(values));
        self.bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        self.bytes.extend(b"tb");
    }

    /// A 0-d array of the one object that `item` writes, as `np.save` stores a dictionary.
    pub fn object_array(&mut self, item: impl FnOnce(&mut Writer)) {
        self.array_start(&[], "O8", "|");
        self.list(item);
        self.bytes.extend(b"tb");
    }

    /// The pickle.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push(b'.');
        self.bytes
    }

    /// Writes the parts of an array before its elements: the call that makes it and its state.
    fn array_start(&mut self, shape: &[usize], dtype: &str, order: &str) {
        self.bytes.extend(b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n(K\x00tC\x01b\x87R(K\x01(");
        for &size in shape {
            self.bytes.push(b'J');
            self.length(size);
        }
        self.bytes.extend(b"tcnumpy\ndtype\n");
        self.text(dtype);
        self.bytes.extend(b"K\x00K\x01\x87R(K\x03");
        self.text(order);
        let flags = if dtype == "O8" { b'\x3f' } else { 0 };
        self.bytes.extend(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK");
        self.bytes.extend([flags, b't', b'b', 0x89]);
    }

    /// Lengths here stay far below the format's 4 bytes: one clip or one name.
    fn length(&mut self, n: usize) {
        self.bytes.extend((n as u32).to_le_bytes());
    }
}
