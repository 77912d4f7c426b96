integration_test(agent-life)
