//! What a partial update says of one field.

/// A field of a partial update.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Not mentioned: stays as it is.
    #[default]
    Keep,
    /// Sent as null: becomes unset.
    Clear,
    /// A new value.
    Set(T),
}

impl<T> Patch<T> {
    /// Apply to a field that may be unset.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// Apply to a field that always has a value; clearing makes it `unset`.
    pub fn apply_or(self, field: &mut T, unset: T) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = unset,
            Self::Set(value) => *field = value,
        }
    }

    /// The new value, where there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// The same patch of another type.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(turn(value)),
        }
    }
}

impl<T> From<Option<T>> for Patch<T> {
    /// A value sets, its absence keeps.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Keep, Self::Set)
    }
}
