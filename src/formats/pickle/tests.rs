use super::*;
use proptest::prelude::*;

#[test]
fn what_is_written_is_read() {
    let mut writer = Writer::new();
    writer.object_array(|w| {
        w.dict(|w| {
            w.text("a");
            w.array(&[2, 3], &[1., 2., 3., 4., 5., 6.]);
            w.text("names");
            w.list(|w| {
                w.text("x y");
                w.text("zürich");
            });
            w.text("n");
            w.int(-25);
        });
    });
    let bytes = writer.finish();
    let pickle = Pickle::parse(&bytes).unwrap();
    let root = pickle.root();
    assert_eq!(pickle.entries(root).unwrap().len(), 3);
    let array = pickle.array(pickle.get(root, "a").unwrap()).unwrap();
    assert_eq!(array.shape, [2, 3]);
    let mut values = [0.0; 6];
    pickle.read_floats(array, &mut values).unwrap();
    assert_eq!(values, [1., 2., 3., 4., 5., 6.]);
    assert!(pickle.read_floats(array, &mut [0.0; 5]).is_err());
    assert_eq!(pickle.texts(pickle.get(root, "names").unwrap()).unwrap(), ["x y", "zürich"]);
    assert!(matches!(pickle.nodes[pickle.get(root, "n").unwrap()], Node::Int(-25)));
    assert!(pickle.get(root, "absent").is_none());
}

/// Output read from a pickle is no larger than the pickle, though it can name one object in many
/// places.
#[test]
fn one_object_in_many_places_does_not_multiply() {
    let name = [b"X\x64\0\0\0", &[b'a'; 100][..], b"q\0"].concat();
    let list = |times: usize| [b"\x80\x03](", &name[..], &b"h\0".repeat(times), b"e."].concat();
    let texts = |bytes: &[u8]| {
        let pickle = Pickle::parse(bytes).unwrap();
        pickle.texts(pickle.root()).map(|texts| texts.len())
    };
    assert_eq!((texts(&list(0)), texts(&list(500))), (Some(1), None));
}

fn floats(bytes: &[u8]) -> (Vec<usize>, Vec<f32>) {
    let pickle = Pickle::parse(bytes).unwrap();
    let array = pickle.array(pickle.root()).unwrap();
    let mut values = vec![0.0; array.shape.iter().product()];
    pickle.read_floats(array, &mut values).unwrap();
    (array.shape.clone(), values)
}

#[test]
fn arrays_of_every_protocol_are_read() {
    // pickle.dumps(x, protocol) for x = np.arange(6, dtype='f4').reshape(2, 3), protocols 1 to 5;
    // then np.asfortranarray(x), protocols 5 and 4.
    let dumps: [&[u8]; 7] = [
        b"cnumpy._core.multiarray\n_reconstruct\nq\x00(cnumpy\nndarray\nq\x01(K\x00tq\x02c_codecs\nencode\nq\
          \x03(X\x01\x00\x00\x00bq\x04X\x06\x00\x00\x00latin1q\x05tq\x06Rq\x07tq\x08Rq\x09(K\x01(K\x02K\x03tq\
          \ncnumpy\ndtype\nq\x0b(X\x02\x00\x00\x00f4q\x0cI00\nI01\ntq\x0dRq\x0e(K\x03X\x01\x00\x00\x00<q\x0fNN\
          NJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x10bI00\nh\x03(X\x1b\x00\x00\x00\x00\x00\x00\x00\x00\x00\
          \xc2\x80?\x00\x00\x00@\x00\x00@@\x00\x00\xc2\x80@\x00\x00\xc2\xa0@q\x11h\x05tq\x12Rq\x13tq\x14b.",
        b"\x80\x02cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02c_codecs\nen\
          code\nq\x03X\x01\x00\x00\x00bq\x04X\x06\x00\x00\x00latin1q\x05\x86q\x06Rq\x07\x87q\x08Rq\x09(K\x01K\
          \x02K\x03\x86q\ncnumpy\ndtype\nq\x0bX\x02\x00\x00\x00f4q\x0c\x89\x88\x87q\x0dRq\x0e(K\x03X\x01\x00\
          \x00\x00<q\x0fNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x10b\x89h\x03X\x1b\x00\x00\x00\x00\x00\
          \x00\x00\x00\x00\xc2\x80?\x00\x00\x00@\x00\x00@@\x00\x00\xc2\x80@\x00\x00\xc2\xa0@q\x11h\x05\x86q\
          \x12Rq\x13tq\x14b.",
        b"\x80\x03cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02C\x01bq\x03\
          \x87q\x04Rq\x05(K\x01K\x02K\x03\x86q\x06cnumpy\ndtype\nq\x07X\x02\x00\x00\x00f4q\x08\x89\x88\x87q\
          \x09Rq\n(K\x03X\x01\x00\x00\x00<q\x0bNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0cb\x89C\x18\x00\
          \x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@q\x0dtq\x0eb.",
        b"\x80\x04\x95\xa3\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
          \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
          \x02K\x03\x86\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\
          \x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x89C\x18\x00\x00\x00\x00\x00\x00\x80?\x00\x00\
          \x00@\x00\x00@@\x00\x00\x80@\x00\x00\xa0@\x94t\x94b.",
        b"\x80\x05\x95\x8e\x00\x00\x00\x00\x00\x00\x00\x8c\x13numpy._core.numeric\x94\x8c\x0b_frombuffer\x94\
          \x93\x94(\x96\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x00\x00@@\
          \x00\x00\x80@\x00\x00\xa0@\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\
          \x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bK\x02K\x03\x86\x94\x8c\
          \x01C\x94t\x94R\x94.",
        b"\x80\x05\x95\x8e\x00\x00\x00\x00\x00\x00\x00\x8c\x13numpy._core.numeric\x94\x8c\x0b_frombuffer\x94\
          \x93\x94(\x96\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00@@\x00\x00\x80?\x00\x00\x80@\
          \x00\x00\x00@\x00\x00\xa0@\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\
          \x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bK\x02K\x03\x86\x94\x8c\
          \x01F\x94t\x94R\x94.",
        b"\x80\x04\x95\xa3\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
          \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
          \x02K\x03\x86\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\
          \x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x88C\x18\x00\x00\x00\x00\x00\x00@@\x00\x00\x80?\
          \x00\x00\x80@\x00\x00\x00@\x00\x00\xa0@\x94t\x94b.",
    ];
    for dump in dumps {
        assert_eq!(floats(dump), (vec![2, 3], vec![0., 1., 2., 3., 4., 5.]));
    }
    // np.array([1.5, -2], dtype='>f8') and dtype='f2', protocol 4.
    let dumps: [&[u8]; 2] = [
        b"\x80\x04\x95\x99\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
          \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
          \x02\x85\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02f8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01>\x94NNNJ\
          \xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x89C\x10?\xf8\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\
          \x00\x00\x00\x00\x94t\x94b.",
        b"\x80\x04\x95\x8d\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
          \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
          \x02\x85\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02f2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\
          \xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x89C\x04\x00>\x00\xc0\x94t\x94b.",
    ];
    for dump in dumps {
        assert_eq!(floats(dump), (vec![2], vec![1.5, -2.0]));
    }
}

#[test]
fn names_are_read_however_python_stores_them() {
    // [b'ab', b'cde'] as an array of bytes, as an array of str, and as a list of bytes and numpy
    // scalars.
    let dumps: [&[u8]; 3] = [
        b"\x80\x04\x95\x89\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
          \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
          \x02\x85\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02S3\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNNK\
          \x03K\x01K\x00t\x94b\x89C\x06ab\x00cde\x94t\x94b.",
        b"\x80\x04\x95\x9b\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
          \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01K\
          \x02\x85\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02U3\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNK\
          \x0cK\x04K\x08t\x94b\x89C\x18a\x00\x00\x00b\x00\x00\x00\x00\x00\x00\x00c\x00\x00\x00d\x00\x00\x00e\
          \x00\x00\x00\x94t\x94b.",
        b"\x80\x04\x95\x97\x00\x00\x00\x00\x00\x00\x00]\x94(\x8c\x16numpy._core.multiarray\x94\x8c\x06scalar\
          \x94\x93\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02S2\x94\x89\x88\x87\x94R\x94(K\x03\x8c\
          \x01|\x94NNNK\x02K\x01K\x00t\x94bC\x02ab\x94\x86\x94R\x94h\x03h\x06\x8c\x02U3\x94\x89\x88\x87\x94R\
          \x94(K\x03\x8c\x01<\x94NNNK\x0cK\x04K\x08t\x94bC\x0cc\x00\x00\x00d\x00\x00\x00e\x00\x00\x00\x94\x86\
          \x94R\x94e.",
    ];
    for dump in dumps {
        let pickle = Pickle::parse(dump).unwrap();
        assert_eq!(pickle.texts(pickle.root()).unwrap(), ["ab", "cde"]);
    }
}

#[test]
fn unknown_calls_become_inert_objects() {
    let bytes = b"cos\nsystem\n(S'true'\ntR.";
    let pickle = Pickle::parse(bytes).unwrap();
    assert!(matches!(&pickle.nodes[pickle.root()], Node::Other(name) if name == "os.system"));
}

#[test]
fn a_list_that_contains_itself_is_harmless() {
    let pickle = Pickle::parse(b"\x80\x02]q\x00h\x00a.").unwrap();
    assert_eq!(pickle.items(pickle.root()), Some(vec![0]));
    assert!(pickle.texts(0).is_none());
}

#[test]
fn cut_or_wrong_pickles_are_errors() {
    let mut writer = Writer::new();
    writer.array(&[1, 2], &[1., 2.]);
    let whole = writer.finish();
    for end in 0..whole.len() {
        assert!(Pickle::parse(&whole[..end]).is_err(), "cut at {end}");
    }
    for bytes in [&b"."[..], b"t.", b"(.", b"h\x00.", b"\x80\x09.", b"K\x01K\x02a.", b"}K\x01a.", b"\xff."] {
        assert!(Pickle::parse(bytes).is_err(), "{bytes:?}");
    }
    let mut short = Writer::new();
    short.array(&[3, 2], &[1., 2.]);
    let short = short.finish();
    let pickle = Pickle::parse(&short).unwrap();
    let array = pickle.array(pickle.root()).unwrap();
    assert!(pickle.read_floats(array, &mut [0.0; 6]).unwrap_err().contains("shape"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        touch(&bytes);
    }

    #[test]
    fn no_sequence_of_opcodes_makes_it_panic(
        opcodes in proptest::collection::vec(proptest::sample::select(
            b"(.012NIJKMGSVUCTBX)]}tldaesupqrghjcRb\x81\x85\x86\x87\x88\x89\x8a\x8c\x93\x94\x95\x96\n\x00\x01'".to_vec()
        ), 0..200)
    ) {
        touch(&opcodes);
    }

    #[test]
    fn damage_to_a_real_pickle_never_makes_it_panic(at in 0usize..200, byte in any::<u8>(), n in 0usize..40) {
        let mut writer = Writer::new();
        writer.object_array(|w| w.dict(|w| { w.text("a"); w.array(&[n, 2], &vec![0.5; 2 * n]); }));
        let mut bytes = writer.finish();
        let at = at % bytes.len();
        bytes[at] = byte;
        touch(&bytes);
    }
}

/// Parses and asks everything of every node.
fn touch(bytes: &[u8]) {
    let Ok(pickle) = Pickle::parse(bytes) else { return };
    let _ = pickle.root();
    for id in 0..pickle.nodes.len() {
        let _ = (pickle.texts(id), pickle.get(id, "a"), pickle.items(id));
        if let Some(array) = pickle.array(id) {
            let elements = count(&array.shape).filter(|&n| n < 10_000).unwrap_or(1);
            let _ = pickle.read_floats(array, &mut vec![0.0; elements]);
        }
    }
}
