//! Names that the reference shares with its users and with tools of the
//! published implementation.

/// Namespace of the configuration and of the components.
pub const NAMESPACE: &str = "kube-system";
/// The cluster's configuration.
pub const CONFIG_MAP: &str = "eni-config";
/// Key of the daemon's configuration in a ConfigMap.
pub const ENI_CONF: &str = "eni_conf";
/// Key of the plugin's configuration: one plugin.
pub const CNI_CONF: &str = "10-terway.conf";
/// Key of the plugin's configuration: a list, preferred where present.
pub const CNI_CONFLIST: &str = "10-terway.conflist";
/// Node label that names a ConfigMap with the node's own configuration.
pub const NODE_CONFIG_LABEL: &str = "terway-config";
/// Node label of exclusive nodes; value `eniOnly`.
pub const EXCLUSIVE_LABEL: &str = "k8s.aliyun.com/exclusive-mode-eni-type";
/// Label of pods and nodes that are not ours to serve.
pub const IGNORE_LABEL: &str = "k8s.aliyun.com/ignore-by-terway";
/// Node annotation: pods that can get an address here.
pub const MAX_AVAILABLE_IP: &str = "k8s.aliyun.com/max-available-ip";
/// Pod annotation: the pod's addresses, comma separated.
pub const POD_IPS: &str = "k8s.aliyun.com/pod-ips";
/// Node condition: whether addresses are left.
pub const SUFFICIENT_IP: &str = "SufficientIP";
/// Node condition of ours: whether the node may serve pods.
pub const ADMITTED: &str = "TerwayAdmitted";
/// Tag key on every interface that the reference makes.
pub const TAG_CREATOR: &str = "creator";
/// Its value on interfaces of shared nodes.
pub const CREATOR: &str = "terway";
/// Tag key that names the cluster an interface belongs to.
pub const TAG_CLUSTER: &str = "ack.aliyun.com";
/// Tag key of ours that names the node an interface was made for.
pub const TAG_NODE: &str = "terway.plumbline.dev/node";
/// Finalizer on `nodes` objects while the cloud holds something for the node.
pub const NODE_FINALIZER: &str = "network.alibabacloud.com/node-controller";
