//! The example that ends the help of each verb. Each runs as it stands in the root of this
//! repository, the later ones with what the earlier ones wrote.

use clap::Command;

/// Verbs and their examples.
const EXAMPLES: [(&[&str], &str); 28] = [
    (&[], "simulate networks/cuba4k.ron --duration 20"),
    (&["run"], "run --seed 1 --out demo"),
    (&["train"], "train --seed 1 --out model"),
    (&["evaluate"], "evaluate --model demo --driver clock"),
    (&["compare"], "compare networks/alif.ron --duration 20"),
    (&["energy"], "energy demo --table loihi --table truenorth"),
    (&["report"], "report demo --html demo.html"),
    (&["simulate"], "simulate networks/alif.ron --duration 100 --set seed=3 --out sim"),
    (&["stats"], "stats sim"),
    (&["plot", "raster"], "plot raster sim --png"),
    (&["plot", "rate"], "plot rate sim --out rate.svg"),
    (&["plot", "isi"], "plot isi sim --out isi.svg"),
    (&["plot", "membrane"], "plot membrane sim --out membrane.svg"),
    (&["plot", "threshold"], "plot threshold sim --out threshold.svg"),
    (&["data", "generate"], "data generate --out data"),
    (&["data", "info"], "data info --data data --dataset Compositions"),
    (&["model", "export"], "model export demo --spiking branch.ron --clip 0"),
    (&["network", "check"], "network check networks/cuba4k.ron"),
    (&["network", "info"], "network info networks/cuba4k.ron --dot cuba4k.dot"),
    (&["nir", "check"], "nir check networks/recurrent.nir"),
    (&["nir", "info"], "nir info networks/recurrent.nir"),
    (&["nir", "doctor"], "nir doctor networks/recurrent.nir --target spikingjelly"),
    (&["nir", "convert"], "nir convert networks/recurrent.nir --out old.nir --compat 1.0.4"),
    (&["nir", "from"], "nir from networks/recurrent.nir --out recurrent.ron"),
    (&["nir", "to"], "nir to recurrent.ron --out again.nir"),
    (&["help"], "help plot raster"),
    (&["completions"], "completions bash > spikefuse.bash"),
    (&["man"], "man plot raster > spikefuse-plot-raster.1"),
];

/// The command with its examples.
pub fn with_examples(command: Command) -> Command {
    EXAMPLES.iter().fold(command, |command, (verbs, example)| put(command, verbs, example))
}

fn put(command: Command, verbs: &[&'static str], example: &str) -> Command {
    match verbs {
        [] => command.after_help(format!("Example:\n  spikefuse {example}")),
        [verb, rest @ ..] => command.mut_subcommand(verb, |command| put(command, rest, example)),
    }
}
