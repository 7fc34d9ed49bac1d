-- The figures of 2026Q4 in plain SQL, from the words of each figure's method. `workday` holds the working days.
WITH mine AS (
  SELECT * FROM case_file
  WHERE datetime(registered_at, '+8 hours') >= '2026-10-01'
    AND datetime(registered_at, '+8 hours') < '2027-01-01'
),
legal AS (
  SELECT m.*,
    CAST(json_extract(item, '$.statutory_days') AS INTEGER) AS law,
    CAST(json_extract(item, '$.promised_days') AS INTEGER) AS promised,
    json_extract(item, '$.result_form') AS form,
    json_extract(item, '$.kind') AS kind
  FROM mine m
),
span AS (  -- acceptance to decision, per authority
  SELECT a.case_no, a.handling_no,
    date(min(a.at), '+8 hours') AS first,
    (
      SELECT date(min(d.at), '+8 hours') FROM case_event d
      WHERE d.handling_no = a.handling_no AND d.kind IN ('APPROVED', 'REJECTED')
    ) AS last
  FROM case_event a
  WHERE a.kind = 'ACCEPTED'
  GROUP BY a.handling_no
),
pause AS (  -- special procedures, per authority
  SELECT s.handling_no,
    sum((
      SELECT count(*) FROM workday w
      WHERE w.day > date(s.at, '+8 hours')
        AND w.day <= (
          SELECT date(min(r.at), '+8 hours') FROM case_event r
          WHERE r.handling_no = s.handling_no AND r.kind = 'RESUMED' AND r.at > s.at
        )
    )) AS days
  FROM case_event s
  WHERE s.kind = 'SUSPENDED'
  GROUP BY s.handling_no
),
used AS (  -- of several authorities the slowest
  SELECT s.case_no,
    max((SELECT count(*) FROM workday w WHERE w.day > s.first AND w.day <= s.last) - coalesce(p.days, 0)) AS days
  FROM span s LEFT JOIN pause p ON p.handling_no = s.handling_no
  WHERE s.last IS NOT NULL
  GROUP BY s.case_no
),
clock AS (
  SELECT case_no, min(stopped_at <= due_at) AS kept FROM deadline WHERE kind = :promised GROUP BY case_no
),
trips AS (
  SELECT l.case_no,
    (SELECT count(*) FROM handling h WHERE h.case_no = l.case_no)
      * (1 + (l.status = 'APPROVED' AND l.form <> 'electronic')) AS before,
    (
      l.channel <> 'online'
      AND NOT EXISTS (
        SELECT 1 FROM leg g WHERE g.case_no = l.case_no AND g.leg = 'PICKUP' AND g.outcome = 'DELIVERED'
      )
    ) + EXISTS (SELECT 1 FROM case_event e WHERE e.case_no = l.case_no AND e.kind = 'HANDED_OVER') AS made
  FROM legal l
  WHERE l.closed_at IS NOT NULL
),
rated AS (
  SELECT json_extract(rating, '$.score') AS score, json_extract(rating, '$.rework') AS rework
  FROM mine
  WHERE rating IS NOT NULL AND rating <> 'null'
),
door AS (
  SELECT json_extract(promise, '$.verdict') AS verdict
  FROM leg
  WHERE leg IN ('PICKUP', 'DELIVERY')
    AND datetime(ordered_at, '+8 hours') >= '2026-10-01'
    AND datetime(ordered_at, '+8 hours') < '2027-01-01'
)
SELECT
  (SELECT count(*) FROM mine) AS "cases",
  (SELECT round(avg(mode = '全程网办'), 4) FROM mine) AS "onlineShare",
  (SELECT sum(l.law - u.days) FROM legal l JOIN used u USING (case_no)
   WHERE l.decided_at IS NOT NULL) AS "timeSaved",
  (SELECT round(1 - sum(promised) * 1.0 / sum(law), 4) FROM legal WHERE law > 0) AS "timeCompression",
  (SELECT round(avg(kept), 4) FROM clock JOIN mine USING (case_no)) AS "onTimeShare",
  (SELECT round(avg(kind = '即办件'), 4) FROM legal) AS "immediateShare",
  (SELECT round(avg(made), 4) FROM trips) AS "meanTrips",
  (SELECT sum(before - made) FROM trips) AS "tripsSaved",
  (SELECT round(avg(score >= 3), 4) FROM rated WHERE coalesce(rework, '') <> 'unfounded') AS "satisfaction",
  (SELECT round(avg(rework IS NOT NULL), 4) FROM rated WHERE score < 3) AS "rework",
  (SELECT round(avg(verdict <> 'BREACHED'), 4) FROM door
   WHERE verdict IN ('KEPT', 'KEPT_LATE_UPLOAD', 'BREACHED')) AS "oneHour"
