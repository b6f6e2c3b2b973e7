//! True words about saving, where one request does several things after each other.

use app::error::AppError;

/// What somebody learns when this happened after something was written for them: that is there now,
/// and what was to follow may not be.
pub(super) fn once_written(error: AppError) -> AppError {
    match error {
        AppError::Unavailable | AppError::Overloaded { .. } | AppError::TooManyRequests { .. } => {
            AppError::OutcomeUnknown
        }
        error => error,
    }
}

/// The same for somebody who asked for nothing to be kept, as who signs in: a session of which they
/// have no token is nothing to look for.
pub(super) fn nothing_to_look_for(error: AppError) -> AppError {
    match error {
        AppError::OutcomeUnknown => AppError::Unavailable,
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_was_saved_is_not_said_once_something_was() {
        for untrue in [
            AppError::Unavailable,
            AppError::Overloaded { retry_after_s: 1 },
            AppError::TooManyRequests { retry_after_s: 1 },
        ] {
            assert!(untrue.to_string().contains("Nothing was saved"));
            assert_eq!(once_written(untrue), AppError::OutcomeUnknown);
        }
        assert_eq!(once_written(AppError::NotFound), AppError::NotFound);
    }
}
