use relex_eval::{
    Forecast, ProbabilityTable, ShiftReport, Temperature, fit_temperature, forecast, render_forecasts, render_shift,
};
use serde_json::json;

use super::{
    held_out::HeldOut,
    member::check_named,
    output::Sources,
    shift::{Known, bootstrap_config, diagnose, read_target, shift_input, target_groups},
};
use crate::{
    args::EstimateArguments,
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &EstimateArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let sources = &arguments.held_out.sources;
    let foreign = &arguments.held_out.foreign;
    let mut named = sources.clone();
    named.extend(arguments.target.clone());
    check_named(foreign, &arguments.held_out.out_of_fold, &named)?;
    Sources::of_held_out(&arguments.held_out)
        .and_files(&arguments.target)
        .check_outputs(&arguments.json, None)?;
    let held_out = HeldOut::open(&arguments.held_out, verbosity)?;
    let target = read_target(
        arguments.target.as_deref(),
        sources,
        held_out.labels(),
        foreign,
        verbosity,
    )?;
    let table = &held_out.predictions.member().table;
    let temperature = if arguments.temperature {
        Some(fit_temperature(table, &held_out.gold)?)
    } else {
        None
    };
    let at =
        |table: &ProbabilityTable| temperature.map_or_else(|| table.clone(), |temperature| temperature.apply(table));
    let (table, target) = (at(table), at(&target.table));

    let known = Known {
        labels: held_out.labels(),
        table: &table,
        truth: held_out.truth(),
        bootstrap: bootstrap_config(&arguments.bootstrap, arguments.scope),
    };
    let report = verbosity.timed("look at the shift", || diagnose(&known, &target, arguments.scope))?;
    let groups = target_groups(&target);
    let prior = report.recommended();
    let forecasts = verbosity.timed("forecast", || {
        forecast(
            &shift_input(&known, &target, &groups, arguments.scope),
            prior.as_ref().ok().copied(),
        )
    })?;
    if let Some(path) = &arguments.json {
        write_json(path, temperature, &report, &forecasts)?;
    }
    if let Some(temperature) = temperature {
        show(&format!(
            "  at temperature {:.3}, fitted on the labelled rows",
            temperature.value
        ));
    }
    let negative = &held_out.labels()[held_out.source.negative()];
    show(&render_shift(&report, held_out.labels()));
    show(&format!("\n{}", render_forecasts(&forecasts, negative)));
    if prior.is_err() {
        show("  prior re-weighting is left out: both estimates were refused, see above");
    }
    Ok(())
}

fn write_json(
    path: &std::path::Path,
    temperature: Option<Temperature>,
    report: &ShiftReport,
    forecasts: &[Forecast],
) -> anyhow::Result<()> {
    let all = json!({ "temperature": temperature, "shift": report, "forecasts": forecasts });
    Ok(relex_data::write_atomically(path, &serde_json::to_vec_pretty(&all)?)?)
}
