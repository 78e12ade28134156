//! Values of a network file that a caller changes before it is compiled: `PATH=VALUE`.
//!
//! | path | what it leads to |
//! |---|---|
//! | `seed`, `duration_ms`, `record.spikes`, ... | a field of the file |
//! | `population.NAME.FIELD` | a field of the population or of its neuron |
//! | `source.NAME.FIELD` | a field of the source or of what it emits |
//! | `projection.NAME.FIELD` | a field of the projection or of its rule |
//!
//! A name may be given as the place in its list, from 0; a projection without a name is called
//! `FROM->TO`. A value is RON of the field's type. Quotes around a text and `Constant()` around a
//! weight or delay may be left out.

use super::compile::{NetworkFile, one_line, options};
use super::names::{nearest, unknown};
use super::problem::{inside, is_one_value, shown, value_range};
use super::spec::NetworkSpec;
use crate::error::{Error, Result};

impl NetworkFile {
    /// Changes values of the file, in order: `population.exc.bias_pa=3`, `projection.0.weight=2`,
    /// `seed=3`. What the file says stays in its lines.
    ///
    /// # Errors
    /// If a path leads nowhere, with the nearest name, or a value is not of the field's type.
    pub fn set(&mut self, assignments: &[impl AsRef<str>]) -> Result<()> {
        for assignment in assignments {
            (self.text, self.spec) = assigned(&self.text, &self.spec, assignment.as_ref())?;
        }
        Ok(())
    }
}

impl NetworkSpec {
    /// The network with another value: `population.exc.bias_pa=3`, as for [`NetworkFile::set`].
    ///
    /// # Errors
    /// If the path leads nowhere, with the nearest name, or the value is not of the field's type.
    pub fn set(&self, assignment: &str) -> Result<NetworkSpec> {
        Ok(assigned(&self.to_ron(), self, assignment)?.1)
    }
}

/// A list of the file whose items have names.
struct Section {
    /// In a path.
    word: &'static str,
    /// In the file.
    list: &'static str,
    /// The field of an item whose fields may be named as if they were the item's.
    inner: &'static str,
}

const SECTIONS: [Section; 3] = [
    Section { word: "population", list: "populations", inner: "neuron" },
    Section { word: "source", list: "sources", inner: "emits" },
    Section { word: "projection", list: "projections", inner: "rule" },
];

/// What became of one try to put a value into a field.
enum Tried {
    Done(String, Box<NetworkSpec>),
    /// There is no such field, but these.
    Unknown(&'static [&'static str]),
    /// The field is there, the value does not fit.
    Wrong(String),
    /// What should have the field is not there or has no fields.
    NoPlace,
}

/// `text`, of the network `spec`, with another value.
fn assigned(text: &str, spec: &NetworkSpec, assignment: &str) -> Result<(String, NetworkSpec)> {
    let fail = |problem: String| Error::value(format!("--set {}", one_line(assignment)), problem);
    let Some((path, value)) = assignment.split_once('=') else {
        return Err(fail("expected PATH=VALUE".into()).with_hint("for example seed=3 or population.exc.size=200"));
    };
    let (path, value) = (path.trim(), value.trim());
    let canonical = spec.to_ron();
    let exists = |path: &str| {
        let known = |field: &String| !matches!(put(text, &canonical, field, "()"), Tried::Unknown(_) | Tried::NoPlace);
        fields(spec, path).is_ok_and(|fields| fields.iter().any(known))
    };
    let fields = fields(spec, path).map_err(|wrong| {
        let hint = match wrong.nearest.filter(|path| exists(path)) {
            Some(path) => format!("the nearest path is {path}; {}", wrong.hint),
            None => wrong.hint,
        };
        fail(wrong.problem).with_hint(hint)
    })?;
    let mut names: Vec<&str> = Vec::new();
    for field in &fields {
        match put(text, &canonical, field, value) {
            Tried::Done(text, spec) => return Ok((text, *spec)),
            Tried::Unknown(known) => names.extend(known),
            Tried::NoPlace => {}
            Tried::Wrong(problem) => {
                let now = value_range(&canonical, field).and_then(|range| canonical.get(range));
                let now = now.map_or(String::new(), |now| format!("; it is {} now", shown(&on_one_line(now))));
                return Err(fail(format!("{} does not fit: {problem}{now}", shown(value))));
            }
        }
    }
    let (mut before, mut last) = path.rsplit_once('.').unwrap_or(("", path));
    if names.is_empty() {
        // Some field on the way is not known, or has no value with fields of its own.
        let whole = before;
        (before, last) = whole.rsplit_once('.').unwrap_or(("", whole));
        for field in &fields {
            let Some((parent, _)) = field.rsplit_once('.') else { continue };
            match put(text, &canonical, parent, "()") {
                Tried::Unknown(known) => names.extend(known),
                Tried::Wrong(_) | Tried::Done(..) => {
                    let problem = format!("{} has no such part as it is", shown(last));
                    return Err(fail(problem).with_hint(format!("set the whole of it: {whole}=...")));
                }
                Tried::NoPlace => {}
            }
        }
    }
    let Some(name) = nearest(last, names.iter().copied()) else {
        return Err(fail(format!("there is no {}", shown(last))));
    };
    let error = fail(format!("there is no {}; the nearest name is {}", shown(last), shown(name)));
    let dot = if before.is_empty() { "" } else { "." };
    Err(error.with_hint(format!("the nearest path is {before}{dot}{name}; there are {}", names.join(", "))))
}

/// A path that leads nowhere.
struct Astray {
    problem: String,
    /// The nearest path, which may lead nowhere either.
    nearest: Option<String>,
    hint: String,
}

/// The fields of the file that a path may mean, the likeliest first.
fn fields(spec: &NetworkSpec, path: &str) -> std::result::Result<Vec<String>, Astray> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some(section) = SECTIONS.iter().find(|section| section.word == first || section.list == first) else {
        let roots = ["format", "name", "dt_ms", "duration_ms", "seed", "record"];
        let known = || roots.iter().copied().chain(SECTIONS.iter().map(|section| section.word));
        if !roots.contains(&first) {
            let with_rest = |known: &str| if rest.is_empty() { known.to_owned() } else { format!("{known}.{rest}") };
            return Err(Astray {
                problem: unknown("field or list", first, known()),
                nearest: nearest(first, known()).map(with_rest),
                hint: format!("there are {}", known().collect::<Vec<_>>().join(", ")),
            });
        }
        return Ok(vec![path.to_owned()]);
    };
    let names: Vec<String> = match section.word {
        "population" => spec.populations.iter().map(|population| population.name.clone()).collect(),
        "source" => spec.sources.iter().map(|source| source.name.clone()).collect(),
        _ => {
            let name =
                |p: &super::spec::ProjectionSpec| p.name.clone().unwrap_or_else(|| format!("{} -> {}", p.from, p.to));
            spec.projections.iter().map(name).collect()
        }
    };
    let there = || match names.is_empty() {
        true => format!("the network has no {}", section.list),
        false => format!("there are {}", names.join(", ")),
    };
    // `a->b` is the name `a -> b` as well; a name may have dots.
    let spelled = |name: &String| [name.clone(), name.replace(" -> ", "->")];
    let behind = |name: &str| rest.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
    let named = names.iter().enumerate().flat_map(|(n, name)| {
        spelled(name).into_iter().filter_map(move |name| behind(&name).map(|field| (name.len(), n, field)))
    });
    let place = rest.split_once('.').and_then(|(n, field)| Some((n.parse::<usize>().ok()?, field)));
    let place = place.filter(|(n, _)| *n < names.len());
    let found = named.max_by_key(|(length, ..)| *length).map(|(_, n, field)| (n, field)).or(place);
    match found {
        Some((n, field)) => {
            let item = format!("{}[{n}]", section.list);
            Ok(vec![format!("{item}.{field}"), format!("{item}.{}.{field}", section.inner)])
        }
        None => {
            if names.iter().any(|name| spelled(name).iter().any(|name| name == rest)) {
                let problem = format!("which field? Expected {path}.FIELD=VALUE");
                return Err(Astray { problem, nearest: None, hint: there() });
            }
            let (wanted, field) = rest.split_once('.').unwrap_or((rest, ""));
            let known = || names.iter().map(String::as_str);
            let (problem, instead) = match wanted.parse::<usize>() {
                Ok(n) => {
                    let problem = format!("no {} has the place {n}: places count from 0", section.word);
                    (problem, names.len().checked_sub(1).map(|last| last.to_string()))
                }
                Err(_) => (unknown(section.word, wanted, known()), nearest(wanted, known()).map(str::to_owned)),
            };
            let nearest = instead.map(|name| format!("{first}.{name}.{field}"));
            Err(Astray { problem, nearest, hint: there() })
        }
    }
}

/// Tries to put a value into a field.
fn put(text: &str, canonical: &str, field: &str, value: &str) -> Tried {
    let last = field.rsplit('.').next().unwrap_or(field);
    let is_word = |part: &str| {
        let name = part.split('[').next().unwrap_or_default();
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if !field.split('.').all(is_word) {
        return Tried::NoPlace;
    }
    let mut first_problem = None;
    for value in [value.to_owned(), format!("Constant({value})"), format!("{value:?}")] {
        if !is_one_value(&value) {
            first_problem.get_or_insert_with(|| match value.replace(',', ".").parse::<f64>() {
                Ok(_) => "a number has a decimal point, no comma".to_owned(),
                Err(_) => "expected one value".to_owned(),
            });
            continue;
        }
        let Some(text) = with_value(text, canonical, field, &value) else { return Tried::NoPlace };
        match options().from_str(&text) {
            Ok(spec) => return Tried::Done(text, Box::new(spec)),
            Err(e) => match e.code {
                ron::Error::NoSuchStructField { expected, found, .. } if found == last => {
                    return Tried::Unknown(expected);
                }
                code => first_problem.get_or_insert_with(|| one_line(&code.to_string())),
            },
        };
    }
    Tried::Wrong(first_problem.unwrap_or_default())
}

/// `text` with the value of a field replaced or added. `canonical`, the same network with all
/// defaults, has what stands around a field that the text leaves out.
fn with_value(text: &str, canonical: &str, field: &str, value: &str) -> Option<String> {
    if let Some(range) = value_range(text, field) {
        return Some(format!("{}{value}{}", &text[..range.start], &text[range.end..]));
    }
    let (parent, last) = field.rsplit_once('.').unwrap_or(("", field));
    if last.contains('[') {
        return None;
    }
    if let Some(at) = inside(text, parent) {
        return Some(format!("{}{last}: {value}, {}", &text[..at], &text[at..]));
    }
    value_range(canonical, parent)?;
    // The parent is a value without fields there as well.
    inside(canonical, parent)?;
    let whole = with_value(canonical, canonical, field, value)?;
    let whole = on_one_line(whole.get(value_range(&whole, parent)?)?);
    with_value(text, canonical, parent, &whole)
}

/// A RON value that was written in several lines.
fn on_one_line(value: &str) -> String {
    value.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::spec::{EmitsSpec, NeuronSpec, RuleSpec, ThresholdSpec, WeightSpec};
    use std::path::PathBuf;

    const TEXT: &str = r#"(
    format: 1,
    dt_ms: 0.1,
    populations: [
        (name: "exc", size: 400, neuron: Lif(tau_m_ms: 10)), // cells
        (name: "a.b", size: 4, neuron: If()),
    ],
    sources: [(name: "noise", size: 400, emits: Poisson(rate_hz: 800))],
    projections: [
        (from: "noise", to: "exc", rule: OneToOne, weight: Constant(1.5)),
        (name: "loop", from: "exc", to: "exc", rule: FixedInDegree(degree: 4), weight: Uniform(low: 0, high: 1)),
    ],
)
"#;

    fn file() -> NetworkFile {
        let spec = NetworkSpec::from_ron(TEXT).unwrap();
        NetworkFile { path: PathBuf::from("a.ron"), text: TEXT.into(), spec, contents: Default::default() }
    }

    fn set(assignments: &[&str]) -> NetworkSpec {
        let mut file = file();
        file.set(assignments).unwrap();
        assert_eq!(file.text.lines().count(), TEXT.lines().count(), "{}", file.text);
        assert_eq!(NetworkSpec::from_ron(&file.text).unwrap(), file.spec);
        // The same without a text.
        let apart = assignments.iter().fold(self::file().spec, |spec, one| spec.set(one).unwrap());
        assert_eq!(apart, file.spec);
        file.spec
    }

    #[test]
    fn values_are_set() {
        let spec = set(&["seed=3", "duration_ms=100", "name=a network", "record.membrane=[\"exc[0]\"]"]);
        assert_eq!((spec.seed, spec.duration_ms, &spec.name[..]), (3, Some(100.0), "a network"));
        assert_eq!(spec.record.membrane, ["exc[0]"]);
        let spec = set(&["population.exc.bias_pa=3", "population.exc.size = 200", "population.a.b.size=5"]);
        let NeuronSpec::Lif(lif) = &spec.populations[0].neuron else { panic!() };
        assert_eq!((lif.bias_pa, lif.tau_m_ms, spec.populations[0].size), (3.0, 10.0, 200));
        assert_eq!(spec.populations[1].size, 5);
        let spec = set(&["population.exc.threshold.v_th_mv=15", "populations.1.threshold=Fixed(v_th_mv: 9)"]);
        let NeuronSpec::Lif(lif) = &spec.populations[0].neuron else { panic!() };
        assert_eq!(lif.threshold, ThresholdSpec::fixed_mv(15.0));
        let spec = set(&["source.noise.rate_hz=900", "projection.noise->exc.weight=2", "projection.loop.degree=7"]);
        assert!(matches!(&spec.sources[0].emits, EmitsSpec::Poisson(poisson) if poisson.rate_hz == 900.0));
        assert_eq!(spec.projections[0].weight, Some(WeightSpec::Constant(2.0)));
        assert!(matches!(&spec.projections[1].rule, RuleSpec::FixedInDegree(rule) if rule.degree == 7));
        let spec =
            set(&["projection.1.weight.high=2", "projection.noise -> exc.delay_ms=2", "projection.0.receptor=in"]);
        assert!(matches!(&spec.projections[1].weight, Some(WeightSpec::Uniform(weight)) if weight.high == 2.0));
        assert_eq!(spec.projections[0].receptor.as_deref(), Some("in"));
    }

    #[test]
    fn what_cannot_be_set_is_told() {
        for (assignment, said) in [
            ("seed", "expected PATH=VALUE"),
            ("sed=3", "nearest name is `seed`"),
            ("population.exq.size=3", "nearest name is `exc`"),
            ("population.exc=3", "which field?"),
            ("population.exc.bias=3", "nearest name is `bias_pa`"),
            ("population.exc.treshold.v_th_mv=3", "nearest name is `threshold`"),
            ("population.exc.reset.v_reset_mv=3", "`reset` has no such part"),
            ("population.exc.size=many", "it is `400` now"),
            ("population.exc.size=2.5", "it is `400` now"),
            ("population.exc.size=5, neuron: If()", "does not fit"),
            ("population.exc.size=5)", "expected one value"),
            ("population.exc.size=5 // cells", "expected one value"),
            ("population.exc.size=", "expected one value"),
            ("population.exc.a: 3, b=3", "has no such part"),
            (
                "population.9.size=3",
                "no population has the place 9: places count from 0 the nearest path is population.1.size;",
            ),
            ("populatoin.exc.size=3", "the nearest path is population.exc.size;"),
            ("population.exq.threshold=3", "the nearest path is population.exc.threshold;"),
            ("population.exc.bias=3", "the nearest path is population.exc.bias_pa;"),
            ("population.exc.treshold.v_th_mv=3", "the nearest path is population.exc.threshold;"),
            ("population.exc.reset.v_reset_mv=3", "set the whole of it: population.exc.reset=..."),
            ("projection.lop.weight=3", "the nearest path is projection.loop.weight;"),
            ("projection.0.weight=2,5", "a number has a decimal point, no comma"),
            ("projection.0.degree=3", "there is no"),
            ("projection.0.weight.low=3", "does not fit"),
            ("source.noise.emits=Poison(rate_hz: 3)", "does not fit"),
            ("=", "no field or list is called"),
        ] {
            let mut file = file();
            let error = file.set(&[assignment]).unwrap_err();
            let text = format!("{error} {}", error.hint().unwrap_or_default());
            assert!(text.starts_with("--set ") && text.contains(said), "{assignment}: {text}");
            assert_eq!(file.spec, self::file().spec);
        }
    }
}
