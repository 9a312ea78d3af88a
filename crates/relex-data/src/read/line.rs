//! Where the rows of a CSV file begin, and what is wrong with one, without the line that the CSV reader gives.

use ::csv::{Error, ErrorKind, Position};

/// The line on which a CSV record begins, from 1; `text` is all that the reader was given, `position` the record's.
///
/// The CSV reader ends a record at a carriage return, takes the line feed behind it for the next one's, and empty lines too, so that
/// its own number is too low in a file with Windows line ends, and behind an empty line.
///
/// ```
/// use relex_data::csv_record_line;
///
/// let text = "id,label\r\n1,a\r\n\r\n2,b\r\n";
/// let lines = csv::Reader::from_reader(text.as_bytes()).into_records().map(|record| {
///     Ok(csv_record_line(text.as_bytes(), record?.position().expect("it was read")))
/// });
/// assert_eq!(lines.collect::<Result<Vec<u64>, csv::Error>>()?, [2, 4]);
/// # Ok::<(), csv::Error>(())
/// ```
#[must_use]
pub fn csv_record_line(text: &[u8], position: &Position) -> u64 {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.get(start..).unwrap_or_default();
    let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + ends.filter(|byte| **byte == b'\n').count() as u64
}

/// What the CSV reader found wrong, without the place that it names, for [`csv_record_line`] names the right one.
///
/// ```
/// let read = csv::Reader::from_reader("a,b\r\n1\r\n".as_bytes()).into_records().next();
/// let error = read.expect("there is a row").expect_err("it is too short");
/// assert_eq!(relex_data::csv_reason(&error), "the row has 1 field, but the header names 2");
/// ```
#[must_use]
pub fn csv_reason(error: &Error) -> String {
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let plural = if *len == 1 { "" } else { "s" };
            format!("the row has {len} field{plural}, but the header names {expected_len}")
        }
        ErrorKind::Utf8 { err, .. } => err.to_string(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::csv::ReaderBuilder;

    fn check(text: &str, expected: &[u64]) {
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let records = reader.records().map(Result::unwrap);
        let lines = records.map(|record| csv_record_line(text.as_bytes(), record.position().unwrap()));
        assert_eq!(lines.collect::<Vec<_>>(), expected, "{text:?}");
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        // The first row's quoted field goes over lines 2 and 3, and line 5 is empty.
        let unix = "id,text\n1,\"one\ntwo\"\n2,b\n\n3,c";
        check(unix, &[2, 4, 6]);
        check(&unix.replace('\n', "\r\n"), &[2, 4, 6]);
        check(&format!("\u{feff}{}", unix.replace('\n', "\r\n")), &[2, 4, 6]);
        check("id\r\n1\r\n", &[2]);
        check("id\r\n", &[]);
    }
}
