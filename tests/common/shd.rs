//! Files in the form of Spiking Heidelberg Digits, written here.

use hdf5_pure::{
    Datatype, DatatypeByteOrder, FileBuilder, FloatingPointLayout, make_f32_type, make_f64_type, make_u16_type,
};

/// A sample: times in seconds, units, class.
pub type Sample<'a> = (&'a [f64], &'a [u16], u16);

/// A file with times of `width` bytes, and the names of classes.
pub fn shd(samples: &[Sample], width: u32, keys: &[&str]) -> Vec<u8> {
    // Lists lie in a heap whose address stands in the file: it is written twice, and the first time
    // tells where the heap is.
    let first = with_heap_at(0, samples, width, keys);
    let address = first.windows(4).position(|window| window == b"GCOL").unwrap();
    with_heap_at(address as u64, samples, width, keys)
}

fn with_heap_at(address: u64, samples: &[Sample], width: u32, keys: &[&str]) -> Vec<u8> {
    let mut heap = Vec::new();
    let (mut times, mut units) = (Vec::new(), Vec::new());
    let mut put = |places: &mut Vec<u8>, count: usize, data: Vec<u8>, index: u16| {
        places.extend((count as u32).to_le_bytes());
        places.extend(address.to_le_bytes());
        places.extend(u32::from(index).to_le_bytes());
        heap.extend([index.to_le_bytes(), 1_u16.to_le_bytes(), [0; 2], [0; 2]].concat());
        heap.extend((data.len() as u64).to_le_bytes());
        heap.extend(&data);
        heap.resize(heap.len().next_multiple_of(8), 0);
    };
    for (n, (seconds, ids, _)) in (0_u16..).zip(samples) {
        put(&mut times, seconds.len(), seconds.iter().flat_map(|&t| float(t, width)).collect(), 2 * n + 1);
        put(&mut units, ids.len(), ids.iter().flat_map(|id| id.to_le_bytes()).collect(), 2 * n + 2);
    }
    // The rest of the heap is free.
    let size = (heap.len() + 32).next_multiple_of(4096);
    let free = (size - 16 - heap.len()) as u64;
    heap.extend([0; 8]);
    heap.extend(free.to_le_bytes());
    let mut heap = [b"GCOL\x01\0\0\0", &(size as u64).to_le_bytes()[..], &heap].concat();
    heap.resize(size, 0);

    let lists_of = |base: Datatype| Datatype::VariableLength {
        is_string: false,
        padding: None,
        charset: None,
        base_type: Box::new(base),
    };
    let count = samples.len() as u64;
    let mut file = FileBuilder::new();
    file.create_dataset("heap").with_u8_data(&heap);
    let labels: Vec<u16> = samples.iter().map(|&(.., label)| label).collect();
    file.create_dataset("labels").with_u16_data(&labels);
    let mut spikes = file.create_group("spikes");
    spikes.create_dataset("times").with_raw_data(lists_of(float_type(width)), times, count);
    spikes.create_dataset("units").with_raw_data(lists_of(make_u16_type()), units, count);
    file.add_group(spikes.finish());
    let mut extra = file.create_group("extra");
    extra.create_dataset("keys").with_ascii_strings(keys).unwrap();
    file.add_group(extra.finish());
    file.finish().unwrap()
}

fn float(value: f64, width: u32) -> Vec<u8> {
    match width {
        2 => half::f16::from_f64(value).to_le_bytes().to_vec(),
        4 => (value as f32).to_le_bytes().to_vec(),
        _ => value.to_le_bytes().to_vec(),
    }
}

fn float_type(width: u32) -> Datatype {
    let half = FloatingPointLayout {
        bit_offset: 0,
        bit_precision: 16,
        exponent_location: 10,
        exponent_size: 5,
        mantissa_location: 0,
        mantissa_size: 10,
        exponent_bias: 15,
    };
    match width {
        2 => Datatype::FloatingPoint { size: 2, byte_order: DatatypeByteOrder::LittleEndian, layout: half },
        4 => make_f32_type(),
        _ => make_f64_type(),
    }
}
