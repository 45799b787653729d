"""Text messages through Twilio, both directions: what goes out (`dispatcher`), what comes back (`webhooks`), what codes mean."""
