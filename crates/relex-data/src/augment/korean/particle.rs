//! The particle behind a replaced entity, in the form that its new end asks for.

use std::ops::Range;

use super::ending::{Evidence, Sound, ending};

/// What follows a replaced entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Particle {
    /// No particle that depends on the entity's end, or one that fits the new end as well.
    Fits,
    /// A particle that takes another form.
    Changes {
        /// The bytes of the tail that are replaced.
        at: Range<usize>,
        /// The form that the new end asks for.
        to: &'static str,
    },
    /// A particle whose form is open, because it cannot be told how the new text ends.
    Unclear,
}

/// A particle, or a form of the copula 이다, with its two forms.
struct Pair {
    /// Behind a final consonant.
    closed: &'static str,
    /// Behind a vowel.
    open: &'static str,
    /// Behind ㄹ.
    rieul: Rieul,
    /// Which form stands for which.
    exchange: Exchange,
    /// What may follow.
    then: Then,
}

#[derive(Clone, Copy)]
enum Rieul {
    /// A final consonant like any other.
    AsClosed,
    /// As a vowel: 서울로.
    AsOpen,
}

#[derive(Clone, Copy)]
enum Exchange {
    Both,
    /// The long form is right behind a vowel, too (감독이다, 가수다, 가수이다).
    ToClosed,
    /// The short form has two long ones, between which only the sense could choose (영숙아 and 집이야, but 철수야 and 차야).
    ToOpen,
}

/// What may follow for the characters to be this particle and not the beginning of a word (은 in 은행).
#[derive(Clone, Copy)]
enum Then {
    /// The end of the word, perhaps behind one of these further particles.
    End(&'static [&'static str]),
    /// A verb ending; nothing else begins so.
    Ending,
}

/// As the Standard Korean Language Dictionary lists them; 이었/였 by Hangul Orthography, article 36.
const PAIRS: [Pair; 16] = [
    both("은", "는", &["커녕"]),
    both("이", "가", &[]),
    both("을", "를", &[]),
    both("과", "와", &["는", "도", "의", "만", "만은", "만의"]),
    Pair {
        closed: "으로",
        open: "로",
        rieul: Rieul::AsOpen,
        exchange: Exchange::Both,
        then: Then::End(&[
            "는",
            "도",
            "만",
            "의",
            "까지",
            "까지도",
            "부터",
            "부터는",
            "부터도",
            "부터의",
            "서",
            "서는",
            "서도",
            "서의",
            "써",
            "써는",
            "써도",
            "써의",
        ]),
    },
    Pair {
        closed: "아",
        open: "야",
        rieul: Rieul::AsClosed,
        exchange: Exchange::ToOpen,
        then: Then::End(&[]),
    },
    both("이나", "나", &["마"]),
    both(
        "이라",
        "라",
        &[
            "고",
            "고는",
            "고도",
            "고만",
            "기보다",
            "기보다는",
            "는",
            "던",
            "도",
            "든가",
            "든지",
            "며",
            "면",
            "서",
            "서는",
        ],
    ),
    both("이란", "란", &[]),
    both("이든", "든", &["가", "지"]),
    both("이랑", "랑", &["은", "도"]),
    both("이야말로", "야말로", &[]),
    Pair {
        closed: "이었",
        open: "였",
        rieul: Rieul::AsClosed,
        exchange: Exchange::Both,
        then: Then::Ending,
    },
    to_closed("이다", "다"),
    to_closed("이며", "며"),
    to_closed("이지만", "지만"),
];

const fn both(closed: &'static str, open: &'static str, further: &'static [&'static str]) -> Pair {
    Pair {
        closed,
        open,
        rieul: Rieul::AsClosed,
        exchange: Exchange::Both,
        then: Then::End(further),
    }
}

const fn to_closed(closed: &'static str, open: &'static str) -> Pair {
    Pair {
        closed,
        open,
        rieul: Rieul::AsClosed,
        exchange: Exchange::ToClosed,
        then: Then::End(&[]),
    }
}

/// The particle in `tail`, the text behind an entity, once `new` stands for `old`.
///
/// It must follow the entity at once, but for closing quotation marks and remarks in parentheses, and must end the word or be
/// followed by a further particle. Characters that do not fit the written end of `old` are no particle (종로3가).
pub(crate) fn particle_after(old: &str, new: &str, tail: &str) -> Particle {
    let at = behind_remarks(tail);
    let Some((pair, form)) = PAIRS.iter().find_map(|pair| Some((pair, pair.form_in(&tail[at..])?))) else {
        return Particle::Fits;
    };
    if let Some((sound, Evidence::Written)) = ending(old)
        && pair.behind(sound) != form
        && !(matches!(pair.exchange, Exchange::ToClosed) && form == pair.closed)
    {
        return Particle::Fits;
    }
    let Some((sound, _)) = ending(new) else {
        return Particle::Unclear;
    };
    let wanted = pair.behind(sound);
    match pair.exchange {
        _ if wanted == form => Particle::Fits,
        Exchange::ToClosed if form == pair.closed => Particle::Fits,
        Exchange::ToOpen if form == pair.open => Particle::Unclear,
        _ => Particle::Changes {
            at: at..at + form.len(),
            to: wanted,
        },
    }
}

impl Pair {
    /// The form with which `text` begins, if what follows lets it be this particle.
    fn form_in(&self, text: &str) -> Option<&'static str> {
        [self.closed, self.open].into_iter().find(|form| {
            text.strip_prefix(*form).is_some_and(|rest| match self.then {
                Then::Ending => rest.starts_with(|c: char| c.is_alphabetic()),
                Then::End(further) => {
                    ends_word(rest)
                        || further
                            .iter()
                            .any(|next| rest.strip_prefix(*next).is_some_and(ends_word))
                }
            })
        })
    }

    fn behind(&self, sound: Sound) -> &'static str {
        match (sound, self.rieul) {
            (Sound::Open, _) | (Sound::Rieul, Rieul::AsOpen) => self.open,
            (Sound::Closed, _) | (Sound::Rieul, Rieul::AsClosed) => self.closed,
        }
    }
}

fn ends_word(rest: &str) -> bool {
    !rest.starts_with(char::is_alphanumeric)
}

/// Where the tail goes on behind closing quotation marks and whole parentheses.
fn behind_remarks(tail: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &tail[at..];
        let quotes = rest.len()
            - rest
                .trim_start_matches(['\'', '"', '’', '”', '」', '』', '〉', '》', '>'])
                .len();
        let remark = parenthesis(&rest[quotes..]);
        if quotes + remark == 0 {
            return at;
        }
        at += quotes + remark;
    }
}

/// The length of the parenthesis with which `text` begins, 0 if it begins with none or the parenthesis is not closed.
fn parenthesis(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => return 0,
            _ => {}
        }
        if depth == 0 {
            return if c == ')' && at > 0 { at + 1 } else { 0 };
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands behind the entity once `new` has taken the place of `old`; `?` where that is unclear.
    fn tail(old: &str, new: &str, tail: &str) -> String {
        match particle_after(old, new, tail) {
            Particle::Fits => tail.to_owned(),
            Particle::Changes { at, to } => format!("{}{to}{}", &tail[..at.start], &tail[at.end..]),
            Particle::Unclear => "?".to_owned(),
        }
    }

    /// `closed` behind 이순신, `open` behind 나무, `rieul` behind 서울: each into each.
    fn check_all(closed: &str, open: &str, rieul: &str) {
        let forms = [("이순신", closed), ("나무", open), ("서울", rieul)];
        for (old, from) in forms {
            for (new, to) in forms {
                for end in ["", " 한다", ".", ", 그", ")"] {
                    let (from, to) = (format!("{from}{end}"), format!("{to}{end}"));
                    assert_eq!(tail(old, new, &from), to, "{old} → {new}");
                }
            }
        }
    }

    fn check(old: &str, new: &str, from: &str, to: &str) {
        assert_eq!(tail(old, new, from), to, "{old}{from} → {new}");
    }

    #[test]
    fn every_particle_with_two_forms() {
        for (closed, open) in [
            ("은", "는"),
            ("은커녕", "는커녕"),
            ("이", "가"),
            ("을", "를"),
            ("과", "와"),
            ("과의", "와의"),
            ("과는", "와는"),
            ("과도", "와도"),
            ("이나", "나"),
            ("이나마", "나마"),
            ("이라", "라"),
            ("이라고", "라고"),
            ("이라는", "라는"),
            ("이라도", "라도"),
            ("이라면", "라면"),
            ("이란", "란"),
            ("이든", "든"),
            ("이든지", "든지"),
            ("이랑", "랑"),
            ("이야말로", "야말로"),
            ("이었다", "였다"),
            ("이었던", "였던"),
            ("이었으며", "였으며"),
        ] {
            check_all(closed, open, closed);
        }
    }

    #[test]
    fn the_direction_treats_rieul_as_a_vowel() {
        for further in ["", "는", "도", "만", "서", "서의", "써", "부터", "부터의", "의", "까지"] {
            check_all(
                &format!("으로{further}"),
                &format!("로{further}"),
                &format!("로{further}"),
            );
        }
    }

    #[test]
    fn what_is_right_behind_both_stays() {
        for end in [
            "에서는",
            "에서",
            "의",
            "도",
            "만",
            "에게",
            "께서",
            "부터",
            "까지는",
            "처럼",
            "인",
            "이자",
            " 은",
            "",
            ".",
        ] {
            for (old, new) in [("나무", "이순신"), ("이순신", "나무"), ("서울", "나무")] {
                check(old, new, end, end);
            }
        }
    }

    #[test]
    fn beginnings_of_words_are_no_particles() {
        for end in [
            "은행",
            "이사",
            "가수",
            "과장",
            "과학",
            "로마",
            "나라",
            "라디오",
            "을지로",
            "와인",
            "이라크",
            "이나영",
            "이란인",
            "아시아",
            "야구",
        ] {
            check("이순신", "나무", end, end);
            check("나무", "이순신", end, end);
        }
    }

    #[test]
    fn what_does_not_fit_the_old_end_is_no_particle() {
        check("종로3", "종로2", "가 ", "가 "); // the third block of Jongno: 삼 has a final consonant
        check("삼성", "현대", "가 ", "가 "); // the Samsung family
        check("신", "나", "라면 ", "라면 ");
        check("수한", "나무", "면 ", "면 ");
    }

    #[test]
    fn the_copula_may_stay_long() {
        check("가수", "감독", "다.", "이다.");
        check("감독", "가수", "이다.", "이다.");
        check("가수", "배우", "이다.", "이다.");
        check("가수", "감독", "이다.", "이다.");
        check("가수", "감독", "지만 ", "이지만 ");
        check("감독", "가수", "이지만 ", "이지만 ");
        check("가수", "감독", "며, ", "이며, ");
        check("감독", "가수", "이며 ", "이며 ");
        check("가수", "배우", "이며 ", "이며 ");
    }

    #[test]
    fn the_vocative_changes_in_one_direction() {
        check("영숙", "철수", "아, ", "야, ");
        check("철수", "영희", "야, ", "야, ");
        check("철수", "영숙", "야, ", "?");
    }

    #[test]
    fn quotes_and_remarks_stand_between() {
        check("나무", "조선", "’는 ", "’은 ");
        check("나무", "조선", "》를 ", "》을 ");
        check("나무", "조선", "(木)는 ", "(木)은 ");
        check("나무", "조선", "'(木, 1950년 ~ )를 ", "'(木, 1950년 ~ )을 ");
        check("나무", "조선", "(가(나))가 ", "(가(나))이 ");
        check("나무", "조선", "(가)(나)와 ", "(가)(나)과 ");
        // The writer went by the remark.
        check("나무", "조선", "(木)은 ", "(木)은 ");
        // The entity is a remark itself, or the parenthesis does not end.
        check("나무", "조선", ")는 ", ")는 ");
        check("나무", "조선", "(는 ", "(는 ");
        check("나무", "조선", " (木)는 ", " (木)는 ");
    }

    #[test]
    fn digits_and_letters() {
        check("2", "3", "를 ", "을 ");
        check("6", "1", "으로 ", "로 ");
        check("1945년", "2000", "은 ", "은 ");
        check("100", "5", "이 ", "가 ");
        check("BTS", "IBM", "는 ", "은 ");
        check("CNN", "NASA", "으로 ", "로 ");
        check("Google", "Netflix", "은 ", "는 ");
        check("《조선》", "《나무》", "은 ", "는 ");
        check("조선(주)", "나무(株)", "은 ", "는 ");
        // How an acronym was read is seen from its particle, not guessed.
        check("NATO", "조선", "은 ", "은 ");
        check("NATO", "나무", "은 ", "는 ");
    }

    #[test]
    fn an_unreadable_end_is_unclear_only_before_a_particle() {
        check("나무", "李舜臣", "는 ", "?");
        check("나무", "李舜臣", "의 ", "의 ");
        check("李舜臣", "나무", "은 ", "는 ");
    }
}
