//! What a node counts of the requests that it answered.

/// How many requests had a status that begins so, to routes that contain this.
pub fn requests(metrics: &str, status: &str, route: &str) -> u64 {
    let status = format!("status=\"{status}");
    let counters = metrics
        .lines()
        .filter(|line| line.starts_with("wardesk_http_requests_total{"));
    let wanted = counters.filter(|line| line.contains(&status) && line.contains(route));
    wanted
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_status_and_route() {
        let metrics = "# TYPE wardesk_http_requests_total counter\n\
            wardesk_http_requests_total{method=\"GET\",route=\"/a/{conversation}\",status=\"200\"} 3\n\
            wardesk_http_requests_total{method=\"GET\",route=\"/b\",status=\"204\"} 4\n\
            wardesk_http_requests_total{method=\"GET\",route=\"/b\",status=\"500\"} 2\n";
        assert_eq!(requests(metrics, "2", ""), 7);
        assert_eq!(requests(metrics, "2", "{conversation}"), 3);
        assert_eq!(requests(metrics, "5", ""), 2);
    }
}
