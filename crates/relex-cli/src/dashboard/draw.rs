//! The board as a screen. What does not fit is left out, the least important first.

use std::time::Instant;

use ratatui::{
    Frame,
    layout::{Alignment, Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    symbols::Marker,
    text::{Line, Span},
    widgets::{Axis, Block, Chart, Clear, Dataset, GraphType, Paragraph},
};

use super::{
    board::Board,
    words::{clock, grouped, sparkline, wrapped},
};

/// Below this, boxes would leave no room for what is in them.
const SMALLEST_WITH_BOXES: (u16, u16) = (58, 16);
/// From this width on, numbers have their history beside them.
const WIDE: u16 = 110;
const KEYS: [(&str, &str); 3] = [
    ("q, Ctrl-C", "finish the step, save it, and end"),
    ("Ctrl-C again", "end at once"),
    ("?", "show or hide this"),
];

const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const SMOOTH: Style = Style::new().fg(Color::Cyan);
const GOOD: Style = Style::new().fg(Color::Green);
const WARNING: Style = Style::new().fg(Color::Yellow);

/// Draws the board as it stands at `now`.
pub(crate) fn draw(frame: &mut Frame<'_>, board: &Board, now: Instant) {
    let area = frame.area();
    if area.width < SMALLEST_WITH_BOXES.0 || area.height < SMALLEST_WITH_BOXES.1 {
        lines(frame, board, now);
    } else {
        boxes(frame, board, now);
    }
    if board.help {
        help(frame);
    }
}

fn boxes(frame: &mut Frame<'_>, board: &Board, now: Instant) {
    let [head, progress, middle, lower, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(2),
        Constraint::Min(12),
        Constraint::Length(lower_height(frame.area().height)),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let device = match board.plan.device.as_str() {
        "" => String::new(),
        device => format!(" on {device}"),
    };
    let name = Line::from(vec![
        Span::styled(format!(" {}", board.plan.run), BOLD),
        Span::raw(device + &series(board)),
    ]);
    frame.render_widget(Paragraph::new(name), head);
    frame.render_widget(Paragraph::new(phase(board)).alignment(Alignment::Right), head);
    // What stands beside them goes first.
    let width = usize::from(frame.area().width);
    let width = (width / 3).min(width.saturating_sub(58)).max(8);
    let bars = [
        format!(
            " {:<7} {} {}",
            board.work.what,
            bar(run_share(board), width),
            run_words(board, now)
        ),
        format!(
            " {:<7} {} {}",
            "epoch",
            bar(epoch_share(board), width),
            epoch_words(board)
        ),
    ];
    frame.render_widget(Paragraph::new(bars.map(Line::from).to_vec()), progress);

    let beside = if frame.area().width >= WIDE { 46 } else { 36 };
    let [curve, numbers] = Layout::horizontal([Constraint::Min(20), Constraint::Length(beside)]).areas(middle);
    loss_curve(frame, board, curve);
    let rows = number_lines(board, beside > 40)
        .into_iter()
        .map(|(name, value)| Line::from(vec![Span::styled(format!(" {name:<14} "), DIM), Span::raw(value)]));
    frame.render_widget(
        Paragraph::new(rows.collect::<Vec<_>>()).block(Block::bordered().title(" numbers ")),
        numbers,
    );
    let [scores, messages] = Layout::horizontal([Constraint::Length(46), Constraint::Min(12)]).areas(lower);
    evaluations(frame, board, scores);
    said(frame, board, messages);
    frame.render_widget(Paragraph::new(keys_line(board)), foot);
}

/// Rows for evaluations and messages, of a screen so high.
fn lower_height(height: u16) -> u16 {
    match height {
        0..20 => 0,
        20..28 => height - 16,
        _ => (height - 4) / 3,
    }
}

/// Everything in one column, as far as it fits.
fn lines(frame: &mut Frame<'_>, board: &Board, now: Instant) {
    let best = board.best().map_or(String::new(), |best| {
        let last = board.evaluations.last().map_or(0.0, |last| last.micro_f1);
        format!("micro-F1 {last:.2}, best {:.2}", best.micro_f1)
    });
    let numbers = number_lines(board, false);
    let number = |wanted: &str| {
        let found = numbers.iter().find(|(name, _)| *name == wanted);
        found.map_or(String::new(), |(name, value)| format!("{name} {value}"))
    };
    let all = [
        format!("{} {}", board.work.what, run_words(board, now)),
        number("loss"),
        best,
        epoch_words(board),
        format!("{}{}", board.plan.run, series(board)),
        number("learning rate"),
        number("gradient norm"),
        number("examples/s"),
        number("memory, MiB"),
        number("tokens/s"),
        number("padding"),
        number("data work"),
        board.messages.back().cloned().unwrap_or_default(),
    ];
    let mut shown = vec![phase(board)];
    if board.aside.is_none() && !board.stops {
        shown.clear();
    }
    shown.extend(all.into_iter().filter(|line| !line.is_empty()).map(Line::from));
    let height = usize::from(frame.area().height);
    if height > 3 {
        shown.truncate(height - 1);
        shown.push(keys_line(board));
    }
    frame.render_widget(Paragraph::new(shown), frame.area());
}

fn series(board: &Board) -> String {
    board
        .series
        .as_ref()
        .map_or(String::new(), |series| format!(" · {series}"))
}

fn phase(board: &Board) -> Line<'_> {
    if board.stops {
        return Line::styled("stopping after this step ", WARNING);
    }
    match &board.aside {
        Some(aside) => Line::styled(format!("{aside} "), SMOOTH),
        None => Line::raw(""),
    }
}

fn keys_line(board: &Board) -> Line<'_> {
    if board.stops {
        Line::styled(" what is done is saved; Ctrl-C again ends at once", WARNING)
    } else {
        Line::styled(" q stop and save · ? keys", DIM)
    }
}

fn run_share(board: &Board) -> f64 {
    share(board.work.done, board.work.total)
}

fn epoch_share(board: &Board) -> f64 {
    share(board.epoch_rows, board.plan.rows_in_epoch)
}

fn share(done: usize, total: usize) -> f64 {
    (done as f64 / total.max(1) as f64).min(1.0)
}

fn bar(share: f64, width: usize) -> String {
    let full = (share * width as f64).floor() as usize;
    format!("{}{}", "━".repeat(full), "─".repeat(width - full))
}

fn run_words(board: &Board, now: Instant) -> String {
    let percent = 100.0 * run_share(board);
    let position = match board.step.steps {
        0 => String::new(),
        steps => format!(" · step {} of {}", grouped(board.step.step), grouped(steps)),
    };
    let gone = clock(now.duration_since(board.began).as_secs_f64());
    let left = board.work.seconds_left(now).map_or("?".into(), clock);
    format!("{percent:>3.0} % · {left} left, {gone} gone{position}")
}

fn epoch_words(board: &Board) -> String {
    let of = board
        .plan
        .epochs
        .map_or(String::new(), |epochs| format!(" of {epochs}"));
    format!(
        "{:>3.0} % · epoch {}{of} · {} of {} rows",
        100.0 * epoch_share(board),
        board.step.epoch.max(1),
        grouped(board.epoch_rows),
        grouped(board.plan.rows_in_epoch)
    )
}

/// Names and values, with a small curve where there is one and room for it.
fn number_lines(board: &Board, wide: bool) -> Vec<(&'static str, String)> {
    let step = &board.step;
    let number = |value: Option<f64>| value.map_or("not finite".into(), |value| format!("{value:.4}"));
    let history = |value: String, points: &[(f64, f64)]| {
        if wide {
            format!("{value:<12} {}", sparkline(points, 15))
        } else {
            value
        }
    };
    if step.step == 0 {
        return memory_line(board).into_iter().collect();
    }
    let mut lines = vec![
        ("loss", history(number(step.loss), board.loss.points())),
        ("smoothed", history(number(board.smoothed), board.smooth_loss.points())),
        (
            "learning rate",
            history(format!("{:.3e}", step.learning_rate), board.learning_rate.points()),
        ),
        (
            "gradient norm",
            history(number(step.gradient_norm), board.gradient_norm.points()),
        ),
    ];
    if let Some(scale) = step.loss_scale {
        lines.push(("loss scale", format!("{scale} ({} skipped)", board.skipped)));
    }
    lines.extend([
        ("examples/s", format!("{:.1}", board.speed.examples)),
        ("tokens/s", grouped(board.speed.tokens.round() as usize)),
        ("padding", format!("{:.1} %", 100.0 * board.speed.padding_share)),
        ("data work", format!("{:.2} %", 100.0 * board.speed.data_share)),
    ]);
    lines.extend(memory_line(board));
    lines
}

fn memory_line(board: &Board) -> Option<(&'static str, String)> {
    let [now, peak] = board.memory?.map(|mib| grouped(mib.round() as usize));
    Some(("memory, MiB", format!("{now} (≤ {peak})")))
}

fn loss_curve(frame: &mut Frame<'_>, board: &Board, area: Rect) {
    let block = Block::bordered().title(Line::from(vec![
        Span::raw(" loss: "),
        Span::styled("· each step", DIM),
        Span::raw(", "),
        Span::styled("━ smoothed ", SMOOTH),
    ]));
    let raw = board.loss.points();
    let smooth = board.smooth_loss.points();
    if raw.len() < 2 {
        let waiting = Paragraph::new(Line::styled(" it begins with the second step", DIM));
        frame.render_widget(waiting.block(block), area);
        return;
    }
    let values = raw.iter().chain(smooth).map(|&(_, loss)| loss);
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    let room = ((high - low) * 0.05).max(1e-6);
    let last = board.step.steps.max(board.step.step).max(2);
    let datasets = vec![
        Dataset::default()
            .data(raw)
            .marker(Marker::Dot)
            .graph_type(GraphType::Scatter)
            .style(DIM),
        Dataset::default()
            .data(smooth)
            .marker(Marker::Braille)
            .graph_type(GraphType::Line)
            .style(SMOOTH),
    ];
    let chart = Chart::new(datasets)
        .block(block)
        .legend_position(None)
        .x_axis(
            Axis::default()
                .bounds([1.0, last as f64])
                .labels(["1".to_owned(), grouped(last)])
                .style(DIM),
        )
        .y_axis(
            Axis::default()
                .bounds([low - room, high + room])
                .labels([format!("{low:.2}"), format!("{high:.2}")])
                .style(DIM),
        );
    frame.render_widget(chart, area);
}

fn evaluations(frame: &mut Frame<'_>, board: &Board, area: Rect) {
    if !board.masked.is_empty() {
        return masked_evaluations(frame, board, area);
    }
    let best = board.best();
    let title = match best {
        Some(best) => format!(" best micro-F1 {:.2}, step {} ", best.micro_f1, grouped(best.step)),
        None => " evaluations ".into(),
    };
    let mut rows = vec![Line::styled(
        format!(" {:<14} {:>8} {:>8} {:>8}", "step, epoch", "micro-F1", "AUPRC", "loss"),
        DIM,
    )];
    for evaluation in board.evaluations.iter().rev() {
        let name = match &evaluation.candidate {
            Some(candidate) => candidate.clone(),
            None => format!("{}, {}", grouped(evaluation.step), evaluation.epoch),
        };
        let loss = evaluation.valid_loss.map_or(String::new(), |loss| format!("{loss:.3}"));
        let text = format!(
            " {name:<14} {:>8.2} {:>8.2} {loss:>8}",
            evaluation.micro_f1, evaluation.auprc
        );
        let is_best = best.is_some_and(|best| std::ptr::eq(best, evaluation));
        rows.push(if is_best {
            Line::styled(format!("{text} *"), GOOD)
        } else {
            Line::raw(text)
        });
    }
    frame.render_widget(Paragraph::new(rows).block(Block::bordered().title(title)), area);
}

/// How well masked tokens were guessed, in further pre-training.
fn masked_evaluations(frame: &mut Frame<'_>, board: &Board, area: Rect) {
    let mut rows = vec![Line::styled(
        format!(
            " {:<14} {:>8} {:>10} {:>8}",
            "step, epoch", "loss", "perplexity", "right %"
        ),
        DIM,
    )];
    rows.extend(board.masked.iter().rev().map(|report| {
        let name = format!("{}, {}", grouped(report.step), report.epoch);
        Line::raw(format!(
            " {name:<14} {:>8.3} {:>10.1} {:>8.1}",
            report.masked_loss, report.perplexity, report.masked_accuracy
        ))
    }));
    let title = " masked tokens of held-out sentences ";
    frame.render_widget(Paragraph::new(rows).block(Block::bordered().title(title)), area);
}

/// The last of the messages, each line broken where it must be.
fn said(frame: &mut Frame<'_>, board: &Board, area: Rect) {
    let width = usize::from(area.width.saturating_sub(4));
    let lines: Vec<Line<'_>> = board
        .messages
        .iter()
        .flat_map(|message| wrapped(message, width))
        .map(|line| Line::from(format!(" {line}")))
        .collect();
    let shown = lines.len().min(usize::from(area.height.saturating_sub(2)));
    let last = lines[lines.len() - shown..].to_vec();
    frame.render_widget(Paragraph::new(last).block(Block::bordered().title(" messages ")), area);
}

fn help(frame: &mut Frame<'_>) {
    let area = frame.area();
    let (width, height) = (52.min(area.width), (KEYS.len() as u16 + 2).min(area.height));
    let box_area = Rect {
        x: (area.width - width) / 2,
        y: (area.height - height) / 2,
        width,
        height,
    };
    let rows =
        KEYS.map(|(key, meaning)| Line::from(vec![Span::styled(format!(" {key:<13}"), BOLD), Span::raw(meaning)]));
    frame.render_widget(Clear, box_area);
    frame.render_widget(
        Paragraph::new(rows.to_vec()).block(Block::bordered().title(" keys ")),
        box_area,
    );
}

#[cfg(test)]
mod tests;
