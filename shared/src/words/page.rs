//! Windows on lists.

/// Which rows of a list are wanted. Offsets count from 0 in the list's own order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Rows to skip.
    pub offset: u64,
    /// Rows to return, at least 1.
    pub limit: u64,
    /// Whether the newest (highest id) comes first.
    pub newest_first: bool,
}

impl Window {
    /// Everything, in the order of ids.
    pub fn whole() -> Self {
        Self { offset: 0, limit: u64::MAX, newest_first: false }
    }

    /// The window of page `number` (from 1) of `size` rows.
    pub fn of_page(number: u64, size: u64, newest_first: bool) -> Self {
        Self { offset: number.saturating_sub(1).saturating_mul(size), limit: size, newest_first }
    }

    /// The page number this window shows, from 1.
    pub fn page_number(&self) -> u64 {
        self.offset / self.limit.max(1) + 1
    }
}

/// One window's rows, and how many rows there are in all.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// How many rows the whole list has; exact.
    pub total: u64,
    /// The window that was asked for.
    pub window: Window,
}

impl<T> Page<T> {
    /// The window of a list that is whole in memory, oldest first.
    pub fn cut(mut rows: Vec<T>, window: Window) -> Self {
        let total = rows.len() as u64;
        if window.newest_first {
            rows.reverse();
        }
        let skip = usize::try_from(window.offset).unwrap_or(usize::MAX);
        let take = usize::try_from(window.limit).unwrap_or(usize::MAX);
        Self { rows: rows.into_iter().skip(skip).take(take).collect(), total, window }
    }

    /// The same page with every row turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(turn).collect(), total: self.total, window: self.window }
    }
}
