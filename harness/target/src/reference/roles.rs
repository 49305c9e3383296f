//! What the reference's programs may do with the Kubernetes API.

use serde_json::{Value, json};

pub(super) fn role(name: &str, rules: &Value) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    })
}

pub(super) fn binding(name: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}],
    })
}

/// The least that the daemon needs.
pub(super) fn daemon_rules() -> Value {
    json!([
        {"apiGroups": [""], "resources": ["pods", "nodes", "configmaps"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["nodes", "nodes/status"], "verbs": ["patch"]},
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
        {"apiGroups": ["network.alibabacloud.com"], "resources": ["nodes"], "verbs": ["get", "list", "watch", "patch"]},
        {"apiGroups": ["network.alibabacloud.com"], "resources": ["noderuntimes"], "verbs": ["get", "create"]},
        {"apiGroups": ["network.alibabacloud.com"], "resources": ["noderuntimes/status"], "verbs": ["get", "update", "patch"]},
    ])
}

/// The least that the controller needs.
pub(super) fn controller_rules() -> Value {
    json!([
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["nodes/status"], "verbs": ["patch"]},
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
        {"apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"],
         "verbs": ["get", "list", "watch", "create", "patch"]},
        {"apiGroups": ["network.alibabacloud.com"], "resources": ["nodes", "nodes/status", "nodes/finalizers"],
         "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]},
        {"apiGroups": ["network.alibabacloud.com"], "resources": ["noderuntimes"],
         "verbs": ["get", "list", "watch", "delete"]},
    ])
}
