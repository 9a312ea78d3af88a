use std::path::PathBuf;

use anyhow::bail;
use relex_eval::{
    Blend, BootstrapConfig, GreedyConfig, Member, MemberWeights, OutOfFold, PredictionsMeta, ProbabilityTable,
    Selection, Truth, blend, render_selection, select_members,
};

use super::{
    gold::{Gold, RunGolds, sentence_groups},
    held_out::{gold_of, read_out_of_fold},
    member::{check_named, predictions_path, read_member, say_new_notes},
    output::Sources,
};
use crate::{
    args::{BlendArgument, EnsembleArguments, Rows},
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &EnsembleArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let learn_on = if arguments.learn_on.is_empty() {
        &arguments.members
    } else {
        &arguments.learn_on
    };
    check_named(
        &arguments.foreign,
        &arguments.out_of_fold,
        &[arguments.members.clone(), learn_on.clone()].concat(),
    )?;
    let place = &arguments.gold.place;
    Sources::of(arguments.members.iter().chain(&arguments.learn_on))
        .and_dataset(place.dataset.as_ref(), place.data_dir.as_ref())
        .check_outputs([&arguments.out].into_iter().chain(&arguments.json), None)?;
    // Without a run or --dataset the members must know their label order.
    let gold = if place.dataset.is_some() || arguments.members.iter().any(|member| member.is_dir()) {
        Some(gold_of(
            &arguments.gold,
            &arguments.members,
            &mut RunGolds::with(&arguments.gold, &arguments.members),
        )?)
    } else {
        None
    };
    let members = read_members(arguments, gold.as_deref(), verbosity)?;
    let kind = blend_kind(arguments.blend);
    let selection = match (arguments.select, &gold) {
        (false, _) => None,
        (true, Some(gold)) => Some(select(arguments, learn_on, gold, &members, verbosity)?),
        (true, None) => bail!("weights are learnt from gold labels: name their data set with --dataset"),
    };
    let weights = match &selection {
        Some(selection) => selection.weights.clone(),
        None => MemberWeights::equal(members.len())?,
    };
    let tables: Vec<&ProbabilityTable> = members.iter().map(|member| &member.table).collect();
    let blended = Member {
        table: blend(&tables, &weights, kind)?,
        ..members[0].clone()
    };
    let meta = describe(&members, arguments.blend);
    if meta.is_none() {
        verbosity.note(format!(
            "{}: without a .meta.json, for not every member has one; its label order is that of the first",
            arguments.out.display()
        ));
    }
    blended.predictions().write(&arguments.out, meta.as_ref())?;
    if let Some(selection) = &selection {
        if let Some(path) = &arguments.json {
            relex_data::write_atomically(path, &serde_json::to_vec_pretty(selection)?)?;
        }
        show(&format!("{}\n", render_selection(selection).trim_end()));
    }
    show(&format!("{} rows in {}", blended.ids.len(), arguments.out.display()));
    Ok(())
}

/// The members, all in the order of labels and rows of the first, whose labels are the data set's.
fn read_members(
    arguments: &EnsembleArguments,
    gold: Option<&Gold>,
    verbosity: Verbosity,
) -> anyhow::Result<Vec<Member>> {
    let labels = gold.map(Gold::labels);
    let mut members: Vec<Member> = Vec::new();
    for path in &arguments.members {
        let path = predictions_path(path, arguments.rows)?;
        let member = read_member(&path, &arguments.foreign, labels, verbosity)?;
        let notes = member.notes.len();
        let member = match (members.first(), labels) {
            (Some(first), _) => member.beside(first)?,
            (None, Some(labels)) => member.with_labels(labels, "its data set")?,
            (None, None) => member,
        };
        say_new_notes(notes, &member, verbosity);
        members.push(member);
    }
    Ok(members)
}

fn select(
    arguments: &EnsembleArguments,
    learn_on: &[PathBuf],
    gold: &Gold,
    members: &[Member],
    verbosity: Verbosity,
) -> anyhow::Result<Selection> {
    if learn_on.len() != members.len() {
        bail!(
            "{} files to learn weights from, but {} members; give --learn-on one file for each, in the same order",
            learn_on.len(),
            members.len()
        );
    }
    let mut known: Vec<OutOfFold> = Vec::new();
    for source in learn_on {
        // What there is to say about a member's file has been said.
        let path = predictions_path(source, Rows::Valid)?;
        let verbosity = if members.iter().any(|member| member.path == path) {
            Verbosity::Quiet
        } else {
            verbosity
        };
        let next = read_out_of_fold(source, gold, &arguments.foreign, &arguments.out_of_fold, verbosity)?;
        let next = match known.first() {
            None => next,
            Some(first) => next.beside(first)?,
        };
        known.push(next);
    }
    let first = known[0].member();
    let rows = gold.rows(&first.path, &first.ids, first.meta.as_ref())?;
    let groups = sentence_groups(&rows.examples);
    let truth = Truth {
        gold: &rows.labels,
        negative: gold.negative(),
        groups: &groups,
    };
    let config = GreedyConfig {
        metric: arguments.metric.into(),
        blend: blend_kind(arguments.blend),
        max_steps: arguments.max_steps,
        folds: arguments.folds,
        bootstrap: BootstrapConfig {
            resamples: arguments.resamples,
            seed: arguments.seed,
            ..BootstrapConfig::default()
        },
    };
    Ok(verbosity.timed("select", || select_members(&known, &truth, &config))?)
}

/// A description of the blend, if every member has one; held-out rows stay such only if they are so for all.
fn describe(members: &[Member], blend: BlendArgument) -> Option<PredictionsMeta> {
    let metas: Vec<&PredictionsMeta> = members
        .iter()
        .map(|member| member.meta.as_ref())
        .collect::<Option<_>>()?;
    let first = metas.first()?;
    let same_fold = metas
        .iter()
        .all(|meta| meta.split_hash == first.split_hash && meta.fold == first.fold);
    let name = match blend {
        BlendArgument::Soft => "soft",
        BlendArgument::Hard => "hard",
        BlendArgument::Log => "log",
        BlendArgument::Rank => "rank",
    };
    let runs: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    Some(PredictionsMeta {
        labels: members[0].labels.clone(),
        run: format!("{name}({})", runs.join(", ")),
        split_hash: first.split_hash.clone().filter(|_| same_fold),
        fold: first.fold.filter(|_| same_fold),
        ..(*first).clone()
    })
}

fn blend_kind(argument: BlendArgument) -> Blend {
    match argument {
        BlendArgument::Soft => Blend::Soft,
        BlendArgument::Hard => Blend::Hard,
        BlendArgument::Log => Blend::LogProbability,
        BlendArgument::Rank => Blend::Rank,
    }
}
