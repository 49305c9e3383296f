//! What is wanted and not there: for repair, CHECK and `doctor`.

use model::kernel::{Scene, Sysctl};

/// The wanted objects that `seen` lacks; applying them repairs the difference.
///
/// An object of the same place with other content is lacking, too, and applying
/// replaces it. Sysctls are compared with what `read` answers for their keys.
pub fn missing(
    wanted: &Scene,
    seen: &Scene,
    mut read: impl FnMut(&str) -> Option<String>,
) -> Scene {
    let mut set = |wanted: &Sysctl| read(&wanted.key).as_deref() == Some(wanted.value.as_str());
    Scene {
        sysctls: wanted.sysctls.iter().filter(|object| !set(object)).cloned().collect(),
        addresses: lacking(&wanted.addresses, &seen.addresses),
        neighbours: lacking(&wanted.neighbours, &seen.neighbours),
        routes: lacking(&wanted.routes, &seen.routes),
        rules: lacking(&wanted.rules, &seen.rules),
    }
}

/// Every object of a scene in words.
pub fn words(scene: &Scene) -> Vec<String> {
    let sysctls = scene.sysctls.iter().map(ToString::to_string);
    let addresses = scene.addresses.iter().map(ToString::to_string);
    let neighbours = scene.neighbours.iter().map(ToString::to_string);
    let routes = scene.routes.iter().map(ToString::to_string);
    let rules = scene.rules.iter().map(ToString::to_string);
    sysctls.chain(addresses).chain(neighbours).chain(routes).chain(rules).collect()
}

fn lacking<T: PartialEq + Clone>(wanted: &[T], seen: &[T]) -> Vec<T> {
    wanted.iter().filter(|object| !seen.contains(object)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::kernel::Route;

    fn route(table: u32, link: &str) -> Route {
        Route { table, dst: "10.0.1.5/32".parse().unwrap(), via: None, link: link.to_owned() }
    }

    #[test]
    fn an_altered_object_is_missing_and_a_foreign_one_is_nobodys_business() {
        let wanted =
            Scene { routes: vec![route(1003, "cali1"), route(1007, "cali1")], ..Scene::default() };
        let seen = Scene {
            routes: vec![route(1003, "eth0"), route(1007, "cali1"), route(99, "eth0")],
            ..Scene::default()
        };
        let missing = missing(&wanted, &seen, |_| None);
        assert_eq!(words(&missing), ["route 10.0.1.5/32 on cali1 in table 1003"]);
    }

    #[test]
    fn a_sysctl_is_missing_when_it_reads_otherwise_or_not_at_all() {
        let knob = |key: &str| Sysctl { key: key.to_owned(), value: "0".to_owned() };
        let wanted = Scene { sysctls: vec![knob("a"), knob("b"), knob("c")], ..Scene::default() };
        let read = |key: &str| match key {
            "a" => Some("0".to_owned()),
            "b" => Some("1".to_owned()),
            _ => None,
        };
        assert_eq!(
            words(&missing(&wanted, &Scene::default(), read)),
            ["sysctl b = 0", "sysctl c = 0"]
        );
    }
}
