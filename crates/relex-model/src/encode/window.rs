//! Truncation that keeps what a relation is about.

/// Indices of the tokens to keep, in order, at most `limit` of them.
///
/// `fixed` tokens at both ends stay: special tokens and the query, before the sentence or after it. If
/// everything fits, all is kept; else a window around both entities, as much context on either side;
/// and if the entities are too far apart for one window, one window from each entity's opening marker
/// on, which holds the entity to its end if there is room for both. `starts` are the opening markers' tokens,
/// `ends` the last ones of the entities with their markers. None if not even the opening markers fit.
pub(super) fn keep(fixed: &[bool], starts: [usize; 2], ends: [usize; 2], limit: usize) -> Option<Vec<usize>> {
    let length = fixed.len();
    if length <= limit {
        return Some((0..length).collect());
    }
    let prefix = fixed.iter().take_while(|&&stays| stays).count();
    let suffix = fixed.iter().rev().take_while(|&&stays| stays).count();
    let (from, to) = (prefix, length - suffix);
    let room = limit.checked_sub(prefix + suffix).filter(|&room| room >= 2)?;

    let mut entities = [(starts[0], ends[0].max(starts[0])), (starts[1], ends[1].max(starts[1]))];
    entities.sort_unstable();
    let [(first, first_end), (second, second_end)] = entities;
    let last = first_end.max(second_end);
    let middle: Vec<usize> = if last - first < room {
        let spare = room - (last - first + 1);
        let begin = first.saturating_sub(spare / 2).max(from).min(to - room);
        (begin..begin + room).collect()
    } else {
        let split = share(room, first_end + 1 - first, second_end + 1 - second).min(second - first);
        let rest = (room - split).min(to - second);
        let split = (room - rest).min(second - first);
        (first..first + split).chain(second..second + rest).collect()
    };
    Some((0..prefix).chain(middle).chain(to..length).collect())
}

/// How much of `room` the first of two entities gets: half, unless one needs more than that and the other less.
fn share(room: usize, first: usize, second: usize) -> usize {
    let half = room / 2;
    let left_by_second = room.saturating_sub(second);
    if first > half {
        first.min(left_by_second.max(half))
    } else {
        half.min(left_by_second.max(first))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask(length: usize) -> Vec<bool> {
        (0..length).map(|i| i == 0 || i + 1 == length).collect()
    }

    #[test]
    fn short_texts_stay_whole() {
        assert_eq!(keep(&mask(5), [1, 3], [1, 3], 5), Some(vec![0, 1, 2, 3, 4]));
    }

    #[test]
    fn near_entities_get_one_window_with_context_on_both_sides() {
        // 18 content tokens, room for 6: entities at 10 and 12, three tokens of context left over
        assert_eq!(
            keep(&mask(20), [10, 12], [10, 12], 8),
            Some(vec![0, 9, 10, 11, 12, 13, 14, 19])
        );
    }

    #[test]
    fn distant_entities_get_a_window_each() {
        assert_eq!(keep(&mask(20), [15, 2], [16, 3], 6), Some(vec![0, 2, 3, 15, 16, 19]));
    }

    /// Room for 6: an entity of four tokens and one of two fit, two of four get half each.
    #[test]
    fn distant_entities_are_whole_if_there_is_room() {
        let expected = |tokens: &[usize]| Some([&[0], tokens, &[29]].concat());
        assert_eq!(keep(&mask(30), [2, 20], [5, 21], 8), expected(&[2, 3, 4, 5, 20, 21]));
        assert_eq!(keep(&mask(30), [20, 2], [21, 5], 8), expected(&[2, 3, 4, 5, 20, 21]));
        assert_eq!(keep(&mask(30), [2, 20], [3, 23], 8), expected(&[2, 3, 20, 21, 22, 23]));
        assert_eq!(keep(&mask(30), [2, 20], [5, 23], 8), expected(&[2, 3, 4, 20, 21, 22]));
        // One entity longer than all the room leaves the other its own.
        assert_eq!(keep(&mask(30), [2, 20], [12, 21], 8), expected(&[2, 3, 4, 5, 20, 21]));
        // The sentence ends before the second window is full.
        assert_eq!(keep(&mask(30), [2, 28], [2, 28], 8), expected(&[2, 3, 4, 5, 6, 28]));
    }

    #[test]
    fn a_query_on_either_side_stays() {
        // 3 tokens before and 4 after 13 of a sentence; of these room for 6
        let fixed: Vec<bool> = (0..20).map(|i| !(3..16).contains(&i)).collect();
        let middle = [6, 7, 8, 9, 10, 11];
        let expected = [&[0, 1, 2], &middle[..], &[16, 17, 18, 19]].concat();
        assert_eq!(keep(&fixed, [8, 9], [8, 9], 13), Some(expected));
        assert_eq!(keep(&fixed, [8, 9], [8, 9], 8), None);
    }

    #[test]
    fn too_small_a_limit_is_refused() {
        assert_eq!(keep(&mask(20), [2, 3], [2, 3], 3), None);
    }

    proptest! {
        #[test]
        fn both_markers_and_the_special_tokens_stay(
            length in 4usize..200,
            a in 0usize..1000,
            b in 0usize..1000,
            wide in 0usize..30,
            limit in 4usize..80,
        ) {
            let (a, b) = (1 + a % (length - 2), 1 + b % (length - 2));
            prop_assume!(a != b);
            let ends = [(a + wide).min(length - 2), (b + wide).min(length - 2)];
            let kept = keep(&mask(length), [a, b], ends, limit).unwrap();
            prop_assert_eq!(kept.len(), limit.min(length));
            prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
            for token in [0, a, b, length - 1] {
                prop_assert!(kept.contains(&token), "{token} of {kept:?}");
            }
            let entities = (a..=ends[0]).chain(b..=ends[1]);
            if ends[0] - a + ends[1] - b + 2 <= limit - 2 {
                prop_assert!(entities.clone().all(|token| kept.contains(&token)), "{entities:?} of {kept:?}");
            }
        }
    }
}
