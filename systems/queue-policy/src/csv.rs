use std::collections::BTreeMap;

use crate::{Job, Trace, TraceError};

/// What numbers of times are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds, as the Philly extracts of Muri have them.
    Milliseconds,
}

/// Numbers for words, in the order in which they come.
#[derive(Default)]
struct Words(BTreeMap<String, u32>, Vec<String>);

impl Words {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(&number) = self.0.get(word) {
            return number;
        }
        let number = self.1.len() as u32;
        self.0.insert(word.to_owned(), number);
        self.1.push(word.to_owned());
        number
    }
}

/// Reads a trace: CSV without quotes, columns found by their names. GPUs are `num_gpu`, `gpu_num` or `gpus`; `submit_time` and `duration` are numbers in
/// `unit`; `vc`, `user` and `jobname` (or `job_name`, `name`) may be there. GPUs are whole numbers, and jobs without any are left out; times are rounded to seconds, and a job
/// runs for at least one. Estimates are the durations themselves until somebody sets others ([`crate::predict`]).
///
/// # Errors
///
/// What is missing or no number, with its line.
pub fn read_csv(bytes: &[u8], unit: TimeUnit) -> Result<Trace, TraceError> {
    let text = std::str::from_utf8(bytes).map_err(|_| TraceError::NoText)?;
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header: Vec<&str> = lines.next().ok_or(TraceError::Empty)?.1.split(',').map(str::trim).collect();
    let find = |names: &[&str]| header.iter().position(|column| names.contains(column));
    let need = |names: &[&str], shown| {
        find(names).ok_or_else(|| TraceError::NoColumn { names: shown, found: header.join(", ") })
    };
    let gpus = need(&["num_gpu", "gpu_num", "gpus"], "`num_gpu`, `gpu_num` or `gpus`")?;
    let submit = need(&["submit_time"], "`submit_time`")?;
    let duration = need(&["duration"], "`duration`")?;
    let (vc, user, name) = (find(&["vc"]), find(&["user"]), find(&["jobname", "job_name", "name"]));
    let per_second = match unit {
        TimeUnit::Seconds => 1.0,
        TimeUnit::Milliseconds => 1000.0,
    };
    let (mut clusters, mut users, mut names) = (Words::default(), Words::default(), Words::default());
    let mut rows: Vec<(f64, Job)> = Vec::new();
    for (index, line) in lines {
        let line_number = index + 1;
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        if cells.len() < header.len() {
            return Err(TraceError::Short { line: line_number });
        }
        let number = |column: usize, fits: fn(f64) -> bool, expected: &'static str| {
            let found = cells[column];
            let of = |number: &f64| number.abs() <= 9e15 && fits(*number);
            found.parse::<f64>().ok().filter(of).ok_or_else(|| TraceError::Cell {
                line: line_number,
                column: header[column].to_owned(),
                found: found.to_owned(),
                expected,
            })
        };
        let whole = |gpus: f64| gpus >= 0.0 && gpus.fract() == 0.0;
        let wanted = number(gpus, whole, "a whole number of GPUs, 0 or more")?;
        if wanted == 0.0 {
            continue;
        }
        let came = number(submit, |_| true, "a time as a number")? / per_second;
        let lasted = number(duration, |time| time >= 0.0, "a duration as a number, 0 or more")?;
        let ran = (lasted / per_second).round().max(1.0);
        let job = Job {
            submit: 0,
            gpus: wanted.min(f64::from(u32::MAX / 16)) as u32,
            duration: ran as u64,
            cluster: clusters.number(vc.map_or("all", |column| cells[column])),
            user: user.map(|column| users.number(cells[column])),
            name: name.map(|column| names.number(cells[column])),
            predicted: ran,
        };
        rows.push((came, job));
    }
    rows.sort_by(|one, other| one.0.total_cmp(&other.0));
    let Some(first) = rows.first().map(|row| row.0) else { return Err(TraceError::Empty) };
    let jobs =
        rows.into_iter().map(|(came, job)| Job { submit: (came - first).round() as u64, ..job }).collect();
    Ok(Trace { jobs, clusters: clusters.1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_their_names() {
        let text = b"job_id,duration,vc,num_gpu,user,submit_time\n0,2000,b,1,x,5000\n1,500,a,0,y,0\n2,400,a,8,x,3000\n";
        let trace = read_csv(text, TimeUnit::Milliseconds).unwrap();
        let jobs: Vec<_> = trace
            .jobs
            .iter()
            .map(|job| (job.submit, job.gpus, job.duration, job.cluster, job.user))
            .collect();
        assert_eq!(jobs, [(0, 8, 1, 1, Some(0)), (2, 1, 2, 0, Some(0))]);
        assert_eq!(trace.clusters, ["b", "a"]);
        assert!(trace.jobs.iter().all(|job| job.name.is_none()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let message = |text: &str| read_csv(text.as_bytes(), TimeUnit::Seconds).unwrap_err().to_string();
        assert_eq!(
            message("num_gpu,submit_time,duration\n1,0,5\n1,x,5\n"),
            "line 3 of the trace, column `submit_time`: found `x`, expected a time as a number"
        );
        for gpus in ["0.5", "1.7"] {
            assert_eq!(
                message(&format!("num_gpu,submit_time,duration\n8.0,0,5\n{gpus},0,5\n")),
                format!(
                    "line 3 of the trace, column `num_gpu`: found `{gpus}`, expected a whole number of GPUs, 0 or more"
                )
            );
        }
        assert_eq!(
            message("num_gpu,submit_time,duration\n1,0\n"),
            "line 2 of the trace has fewer cells than the header"
        );
        assert!(
            message("gpus,duration\n").contains("no column `submit_time`; its columns are gpus, duration")
        );
        assert!(message("gpus,submit_time,duration\n").contains("has no jobs"));
        assert!(message("").contains("has no jobs"));
    }
}
