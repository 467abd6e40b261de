"""People are told: kept in a database first, then delivered to Slack, by e-mail or to any address."""
