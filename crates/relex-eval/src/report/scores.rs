//! The headline scores, each on its scale with its interval.

use super::escape::escape;
use crate::evaluation::Evaluation;
use crate::interval::Score;
use crate::text::thousands;

pub(super) fn render(evaluation: &Evaluation) -> String {
    let cards = [
        card(
            "Micro-F1",
            &format!("without <code>{}</code>", escape(&evaluation.negative_label)),
            &evaluation.micro_f1,
        ),
        card(
            "AUPRC",
            &format!("mean over {} labels", evaluation.auprc_labels),
            &evaluation.auprc,
        ),
        card("Accuracy", "all labels", &evaluation.accuracy),
    ]
    .concat();
    let absent = evaluation.per_label.len().saturating_sub(evaluation.auprc_labels);
    let absent = match absent {
        0 => String::new(),
        1 => " One label has no gold row here and is not part of the AUPRC mean.".to_owned(),
        more => format!(" {more} labels have no gold row here and are not part of the AUPRC mean."),
    };
    format!(
        "<section id=\"scores\" aria-label=\"Scores\">\n<div class=\"cards\">\n{cards}</div>\n\
         <p class=\"note\">Scores are in percent. Each interval is the middle {:.0} % of {} bootstrap resamples of \
         sentences.{absent}</p>\n</section>\n",
        evaluation.micro_f1.interval.level * 100.0,
        thousands(evaluation.resamples)
    )
}

/// `name` is plain text, `detail` is HTML.
fn card(name: &str, detail: &str, Score { value, interval }: &Score) -> String {
    let (low, high) = (interval.low, interval.high);
    format!(
        "<div class=\"card\">\n<h2>{name} <small>{detail}</small></h2>\n<p class=\"value\">{value:.2}</p>\n\
         <p class=\"interval\">{:.0} % interval <b>{low:.2} – {high:.2}</b></p>\n\
         <div class=\"scale\" aria-hidden=\"true\"><span class=\"range\" style=\"left:{low:.2}%;width:{:.2}%\"></span>\
         <span class=\"point\" style=\"left:{value:.2}%\"></span></div>\n\
         <div class=\"ends\" aria-hidden=\"true\"><span>0</span><span>50</span><span>100</span></div>\n</div>\n",
        interval.level * 100.0,
        interval.width()
    )
}
