-- 0006_regions.sql - Fly's regions: code, city, coordinates.
-- Coordinates order "nearest" until round trips are measured.
INSERT INTO region (code, name, latitude, longitude) VALUES
  ('ams', 'Amsterdam, Netherlands', 52.374342, 4.895439),
  ('arn', 'Stockholm, Sweden', 59.6512, 17.9178),
  ('bom', 'Mumbai, India', 19.097403, 72.874245),
  ('cdg', 'Paris, France', 48.860875, 2.353477),
  ('dfw', 'Dallas, Texas (US)', 32.778287, -96.7984),
  ('ewr', 'Secaucus, NJ (US)', 40.789543, -74.05653),
  ('fra', 'Frankfurt, Germany', 50.1167, 8.6833),
  ('gru', 'Sao Paulo, Brazil', -23.549664, -46.654351),
  ('iad', 'Ashburn, Virginia (US)', 39.02214, -77.462556),
  ('jnb', 'Johannesburg, South Africa', -26.13629, 28.20298),
  ('lax', 'Los Angeles, California (US)', 33.9416, -118.4085),
  ('lhr', 'London, United Kingdom', 51.516434, -0.125656),
  ('nrt', 'Tokyo, Japan', 35.621613, 139.741864),
  ('ord', 'Chicago, Illinois (US)', 41.891544, -87.630386),
  ('sin', 'Singapore, Singapore', 1.3, 103.8),
  ('sjc', 'San Jose, California (US)', 37.351602, -121.896744),
  ('syd', 'Sydney, Australia', -33.866033, 151.215691),
  ('yyz', 'Toronto, Canada', 43.64463, -79.384144);
