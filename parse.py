import sys
from prometheus_client.parser import text_string_to_metric_families as read
samples = {}
for family in read(sys.stdin.read()):
    assert family.type in ('counter', 'gauge', 'histogram') and family.documentation, family
    for s in family.samples:
        key = s.name + ''.join(f' {k}={v}' for k, v in sorted(s.labels.items()))
        assert key not in samples, key
        samples[key] = s.value
for want in sys.argv[1:]:
    key, value = want.rsplit(':', 1)
    assert samples[key] == float(value), (key, samples[key])
buckets = [v for k, v in samples.items() if k.startswith('flycast_dns_udp_answer_seconds_bucket')]
assert buckets == sorted(buckets) and buckets[-1] == samples['flycast_dns_udp_answer_seconds_count'] > 0
