//! Text patterns with wildcards, matched without regard to case.

/// A pattern that matches anywhere in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Any run of characters, also none.
    Any,
    /// Any one character.
    One,
    /// This character.
    This(char),
}

impl Pattern {
    /// Wildcards in none of its characters.
    pub fn plain(text: &str) -> Self {
        Self::anywhere(text.to_lowercase().chars().map(Part::This).collect())
    }

    /// `*` stands for any run of characters; with one in it, the pattern must match the whole text.
    pub fn star(text: &str) -> Self {
        let parts: Vec<Part> =
            text.to_lowercase().chars().map(|c| if c == '*' { Part::Any } else { Part::This(c) }).collect();
        if parts.contains(&Part::Any) { Self { parts } } else { Self::anywhere(parts) }
    }

    /// `%` stands for any run of characters, `_` for any one, as in SQL's LIKE with `%` at both ends.
    pub fn like(text: &str) -> Self {
        let part = |c| match c {
            '%' => Part::Any,
            '_' => Part::One,
            c => Part::This(c),
        };
        Self::anywhere(text.to_lowercase().chars().map(part).collect())
    }

    fn anywhere(parts: Vec<Part>) -> Self {
        Self { parts: [vec![Part::Any], parts, vec![Part::Any]].concat() }
    }

    /// Whether it matches. Takes at most (length of the text) x (length of the pattern) steps.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let (mut at, mut part) = (0, 0);
        let mut back = None;
        while at < text.len() {
            match self.parts.get(part) {
                Some(Part::Any) => {
                    back = Some((part + 1, at));
                    part += 1;
                }
                Some(Part::One) => (at, part) = (at + 1, part + 1),
                Some(Part::This(c)) if text.get(at) == Some(c) => (at, part) = (at + 1, part + 1),
                _ => match &mut back {
                    None => return false,
                    Some((after, from)) => {
                        *from += 1;
                        (part, at) = (*after, *from);
                    }
                },
            }
        }
        self.parts.iter().skip(part).all(|part| *part == Part::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialects_wildcards() {
        assert!(Pattern::plain("LTD").matches("Harbour Tools Ltd"));
        assert!(!Pattern::plain("50%").matches("50 percent") && Pattern::plain("50%").matches("at 50% off"));
        assert!(Pattern::star("blue*ltd").matches("Blue Harbour Ltd") && !Pattern::star("blue*").matches("Deep Blue"));
        assert!(Pattern::star("harb").matches("Blue Harbour"));
        assert!(Pattern::like("h_rb%t").matches("Blue Harbour Ltd") && !Pattern::like("h_b").matches("harb"));
        assert!(Pattern::plain("").matches("") && Pattern::plain("ÄÖ").matches("xäöx"));
    }
}
