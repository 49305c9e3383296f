//! `limits`: how many pods instance types can serve (CAP-1 to CAP-4, ADM-1 to
//! ADM-3). Both ways of finding the numbers lead to the same calculation.

use std::path::{Path, PathBuf};

use anyhow::Context;
use cloud::action::describe_instance_types::DescribeInstanceTypes;
use model::InstanceLimits;
use model::limits::RawLimits;
use plan::admission::{Mode, admit};
use plan::{address_plan, capacity};
use serde::{Deserialize, Serialize};

use crate::print::{self, Form};

/// Arguments of `limits`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Instance type, for example ecs.g7.4xlarge; may be given more than once. All unless given.
    #[arg(long = "instance-type")]
    instance_types: Vec<String>,
    /// Take the numbers from a table (CSV with the cloud's field names).
    #[arg(long, conflicts_with = "region")]
    table: Option<PathBuf>,
    /// Take the numbers from the cloud of this region.
    #[arg(long, requires = "credentials")]
    region: Option<String>,
    /// The key pair, JSON: access_key_id, access_key_secret.
    #[arg(long)]
    credentials: Option<PathBuf>,
    /// Where ECS is: host, host:port or URL; the region's public address unless given.
    #[arg(long, env = "ECS_ENDPOINT")]
    ecs_endpoint: Option<String>,
    /// HTTP for an endpoint without TLS.
    #[arg(long, env = "ALICLOUD_CLIENT_SCHEME", default_value = "HTTPS")]
    client_scheme: String,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,
}

/// One row of the answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    instance_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trunk: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclusive: Option<u64>,
    shared_admitted: bool,
    exclusive_admitted: bool,
    dual_stack: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Prints the limits. Ends with 1 if a type was asked for and is not known.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let answers = match (&args.table, &args.region) {
        (Some(path), _) => from_table(path)?,
        (None, Some(region)) => from_cloud(args, region)?,
        (None, None) => anyhow::bail!("give --table FILE or --region REGION --credentials FILE"),
    };
    let wanted =
        |name: &String| args.instance_types.is_empty() || args.instance_types.contains(name);
    let rows: Vec<_> = answers
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, raw)| match raw {
            Ok(raw) => row(name, raw),
            Err(odd) => problem(name, format!("instance type {name}: {odd}")),
        })
        .collect();
    let missing: Vec<_> = args
        .instance_types
        .iter()
        .filter(|asked| !rows.iter().any(|row| row.instance_type == **asked))
        .collect();
    show(&rows, args.output)?;
    for name in &missing {
        print::complain(&format!("instance type {name}: nobody knows one of this name"));
    }
    Ok(missing.is_empty())
}

fn row(name: &str, raw: &RawLimits) -> Row {
    match InstanceLimits::parse(name, raw) {
        Ok(limits) => {
            let (shared, exclusive) = (capacity::shared(&limits), capacity::exclusive(&limits));
            Row {
                instance_type: name.to_owned(),
                shared: Some(shared),
                trunk: Some(capacity::trunk(&limits)),
                exclusive: Some(exclusive),
                shared_admitted: admit(Mode::Shared, shared).is_ok(),
                exclusive_admitted: admit(Mode::Exclusive, exclusive).is_ok(),
                dual_stack: address_plan::equal_families(&limits).is_ok(),
                problem: None,
            }
        }
        Err(odd) => problem(name, odd.to_string()),
    }
}

/// A type of which nothing can be said but why.
fn problem(name: &str, problem: String) -> Row {
    Row {
        instance_type: name.to_owned(),
        shared: None,
        trunk: None,
        exclusive: None,
        shared_admitted: false,
        exclusive_admitted: false,
        dual_stack: false,
        problem: Some(problem),
    }
}

/// Numbers by type, or which field cannot be read and why.
type Answers = Vec<(String, Result<RawLimits, String>)>;

fn show(rows: &[Row], form: Form) -> anyhow::Result<()> {
    if form == Form::Json {
        print::line(&serde_json::to_string_pretty(rows).context("write limits as JSON")?);
        return Ok(());
    }
    let head =
        ["TYPE", "SHARED", "TRUNK", "EXCLUSIVE", "JOINS SHARED", "JOINS EXCLUSIVE", "DUAL STACK"];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    let number = |number: Option<u64>| number.map_or("?".to_owned(), |number| number.to_string());
    let word = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    for row in rows {
        table.push(vec![
            row.instance_type.clone(),
            number(row.shared),
            number(row.trunk),
            number(row.exclusive),
            word(row.shared_admitted),
            word(row.exclusive_admitted),
            word(row.dual_stack),
            row.problem.clone().unwrap_or_default(),
        ]);
    }
    print::table(&table);
    Ok(())
}

/// A line of the table; an empty cell is an absent field.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    instance_type_id: String,
    eni_quantity: Option<i64>,
    eni_private_ip_address_quantity: Option<i64>,
    eni_ipv6_address_quantity: Option<i64>,
    eni_total_quantity: Option<i64>,
    eni_trunk_supported: Option<bool>,
}

fn from_table(path: &Path) -> anyhow::Result<Answers> {
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("read table {}", path.display()))?;
    let lines = reader.deserialize().map(|line| {
        let line: Line = line.with_context(|| format!("read table {}", path.display()))?;
        let raw = RawLimits {
            eni_quantity: if defect::on("table-is-read-by-another-column") {
                line.eni_total_quantity
            } else {
                line.eni_quantity
            },
            eni_private_ip_address_quantity: line.eni_private_ip_address_quantity,
            eni_ipv6_address_quantity: line.eni_ipv6_address_quantity,
            eni_total_quantity: line.eni_total_quantity,
            eni_trunk_supported: line.eni_trunk_supported,
        };
        Ok((line.instance_type_id, Ok(raw)))
    });
    lines.collect()
}

fn from_cloud(args: &Args, region: &str) -> anyhow::Result<Answers> {
    let path = args.credentials.as_deref().context("give --credentials FILE")?;
    let mut endpoints = cloud::Endpoints::public(region)?;
    if let Some(text) = &args.ecs_endpoint {
        let http = args.client_scheme == "HTTP";
        let scheme = if http { cloud::Scheme::Http } else { cloud::Scheme::Https };
        endpoints.ecs = cloud::Endpoint::parse(text, scheme)?;
    }
    let credentials = cloud::Credentials::from_json(path)?;
    let settings = cloud::Settings::new(region, endpoints, credentials);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start a runtime")?;
    let answer = runtime.block_on(async {
        let client = cloud::Client::new(settings, std::sync::Arc::new(()))?;
        let request = DescribeInstanceTypes { types: args.instance_types.clone(), next: None };
        anyhow::Ok(client.send_all(request).await?)
    })?;
    let raw = answer.into_iter().map(|found| {
        let raw = RawLimits {
            eni_quantity: found.interfaces,
            eni_private_ip_address_quantity: found.ipv4_per_interface,
            eni_ipv6_address_quantity: found.ipv6_per_interface,
            eni_total_quantity: found.interfaces_with_members,
            eni_trunk_supported: found.trunk,
        };
        (found.id, found.odd.map_or(Ok(raw), Err))
    });
    Ok(raw.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_and_an_empty_cell_is_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let text = "InstanceTypeId,CpuCoreCount,EniQuantity,EniPrivateIpAddressQuantity,EniIpv6AddressQuantity,EniTotalQuantity,EniTrunkSupported\n\
                    ecs.g7.4xlarge,16,8,30,30,,\necs.odd,1,,10,,,\n";
        std::fs::write(&path, text).unwrap();
        let answers = from_table(&path).unwrap();
        let rows: Vec<_> =
            answers.iter().map(|(name, raw)| row(name, raw.as_ref().unwrap())).collect();
        assert_eq!((rows[0].shared, rows[0].exclusive), (Some(210), Some(7)));
        assert!(rows[0].shared_admitted && rows[0].exclusive_admitted && rows[0].dual_stack);
        assert_eq!(rows[1].shared, None);
        assert!(rows[1].problem.as_ref().unwrap().contains("EniQuantity"));
    }
}
