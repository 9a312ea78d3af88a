use relex_data::Example;
use relex_eval::{NoiseRanking, SuspectColumn, find_label_errors, render_suspects, write_suspects};

use super::{held_out::HeldOut, member::check_named, output::Sources};
use crate::{
    args::{NoiseArguments, RankArgument},
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &NoiseArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let held_out = &arguments.held_out;
    check_named(&held_out.foreign, &held_out.out_of_fold, &held_out.sources)?;
    Sources::of_held_out(held_out).check_outputs([&arguments.out], None)?;
    let held_out = HeldOut::open(held_out, verbosity)?;
    let ranking = match arguments.rank {
        RankArgument::Margin => NoiseRanking::NormalisedMargin,
        RankArgument::SelfConfidence => NoiseRanking::SelfConfidence,
    };
    let (suspects, _) = find_label_errors(&held_out.predictions, &held_out.truth(), ranking)?;
    let of_each = |text: fn(&Example) -> &str| -> Vec<String> {
        let texts = held_out.examples.iter().map(text);
        texts.map(str::to_owned).collect()
    };
    let columns = [
        ("subject", of_each(Example::subject_word)),
        ("object", of_each(Example::object_word)),
        ("sentence", of_each(|example| &example.sentence)),
    ];
    let columns = columns.each_ref().map(|column| SuspectColumn {
        name: column.0,
        values: &column.1,
    });
    super::split::create_parent(&arguments.out)?;
    write_suspects(&arguments.out, &suspects, held_out.labels(), &columns)?;
    show(&render_suspects(&suspects, held_out.labels()));
    show(&format!("\n{} rows in {}", suspects.len(), arguments.out.display()));
    Ok(())
}
