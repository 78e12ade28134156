//! Pictures of made-up evaluations. With `PLOT_OUT=DIR` in the environment they are left there, to be
//! looked at.

use super::*;
use crate::network::Ms;
use crate::network::build::NetworkBuilder;
use crate::network::spec::{If, Spikes, ThresholdSpec};
use crate::report::pictures::tests::check_all;
use crate::report::{EvaluationReport, evaluation_page};
use crate::samples::Samples;

/// As many classes, each an element that drives a neuron, and noise that drives all of them.
fn report(classes: u32, steps: u32, longest_name: usize) -> EvaluationReport {
    let mut net = NetworkBuilder::new(Ms(1.0));
    let neurons = || If::default().threshold(ThresholdSpec::fixed_mv(1.0));
    let hidden = net.population("hidden.".repeat(longest_name), classes, neurons());
    let out = net.population("out", classes, neurons());
    let input = net.source("input", classes, Spikes::default());
    net.connect(input, hidden).one_to_one().weight(0.3).delay_ms(0.0);
    net.connect(hidden, out).one_to_one().weight(0.6).delay_ms(0.0);
    let clips = 3 * classes;
    let value = |k: u32| {
        let (clip, element) = (k / classes, k % classes);
        let noise = (k.wrapping_mul(2_654_435_761) >> 16) % 100;
        if clip % classes == element { 0.55 } else { noise as f32 / 170.0 }
    };
    let values = (0..clips * classes).map(value).collect();
    let samples = Samples::of_values(vec![classes as usize], values, (0..clips).map(|clip| clip % classes).collect());
    let net = net.build().unwrap();
    let outcome = crate::evaluation::Evaluation::new(&net).steps(steps).run(&samples.unwrap(), &|_| {});
    EvaluationReport::new(&outcome.unwrap(), None)
}

/// Draws every picture that there is, and says which there are not.
fn draw(name: &str, report: &EvaluationReport, others: &[(String, EvaluationReport)]) -> Vec<&'static str> {
    let missing = check_all(name, &pictures(report, others));
    assert_eq!(evaluation_page(report, others).unwrap(), evaluation_page(report, others).unwrap());
    missing
}

#[test]
fn evaluations_of_any_size_have_pictures() {
    let none: [&str; 0] = [];
    let usual = report(10, 40, 1);
    assert_eq!(draw("tested", &usual, &[]), none);
    let others = [(String::from("longer"), report(10, 300, 1))];
    assert_eq!(draw("tested-beside", &usual, &others), none);
    assert_eq!(draw("tested-many", &report(120, 600, 12), &[]), none);
    // Nothing has fired after one step, so that nothing is right.
    let one = report(1, 1, 1);
    assert_eq!((one.accuracy, one.undecided), (0.0, 3));
    assert_eq!(draw("tested-one", &one, &[]), ["firing_rate"]);
    assert_eq!(draw("tested-classes", &report(251, 2, 1), &[]), ["confusion", "firing_rate"]);
}

/// A document may contradict itself: that is no reason to panic.
#[test]
fn contradictions_are_drawn_as_far_as_they_go() {
    let mut report = report(4, 6, 1);
    report.clips = 0;
    report.confusion[0].truncate(1);
    report.confusion[1].clear();
    report.confusion[2].extend([u64::MAX, 7]);
    report.recall.pop();
    report.synops.layers.pop();
    report.populations[1].neurons = 0;
    report.populations[0].spikes_by_tick.clear();
    report.after_steps.truncate(2);
    report.after_steps[0].steps = 0;
    report.after_steps[1].energy_pj.clear();
    let missing: Vec<_> = pictures(&report, &[]).into_iter().filter(|picture| picture.figure.is_err()).collect();
    assert!(missing.len() < 3, "{missing:?}");
    for picture in pictures(&report, &[]) {
        picture.figure.into_iter().for_each(|figure| drop((figure.svg().unwrap(), figure.png().unwrap())));
    }
    evaluation_page(&report, &[]).unwrap();
    report.after_steps.clear();
    report.confusion.clear();
    evaluation_page(&report, &[]).unwrap();
}
