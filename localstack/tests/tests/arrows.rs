//! Which crate may know which: the arrows of ARCHITECTURE.md, as data.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends that way"
)]

use std::collections::BTreeMap;
use std::path::Path;

/// A crate, and every crate of ours that it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("patchbay-domain", &[]),
    ("patchbay-app", &["patchbay-domain"]),
    ("patchbay-aws", &["patchbay-app", "patchbay-domain"]),
    ("patchbay-boot", &["patchbay-app", "patchbay-domain"]),
    (
        "patchbay-api",
        &[
            "patchbay-app",
            "patchbay-aws",
            "patchbay-boot",
            "patchbay-domain",
        ],
    ),
    ("patchbay-telegram", &["patchbay-app", "patchbay-domain"]),
    ("patchbay-discord", &["patchbay-app", "patchbay-domain"]),
    (
        "patchbay-connector",
        &[
            "patchbay-app",
            "patchbay-aws",
            "patchbay-boot",
            "patchbay-discord",
            "patchbay-domain",
            "patchbay-telegram",
        ],
    ),
    ("patchbay-embedded-aws", &[]),
    ("patchbay-sim-core", &[]),
    ("patchbay-sim-telegram", &["patchbay-sim-core"]),
    ("patchbay-sim-discord", &["patchbay-sim-core"]),
    (
        "patchbay-simulator",
        &[
            "patchbay-sim-core",
            "patchbay-sim-discord",
            "patchbay-sim-telegram",
        ],
    ),
];

/// Everything under `localstack/` that may know the whole system.
const TOP: &[&str] = &["patchbay", "patchbay-tests", "patchbay-bench"];

/// The only crate that speaks to AWS, besides the tests of what stands in for it.
const NAMES_AWS_SDK: &[&str] = &["patchbay-aws"];

#[derive(Debug)]
struct Manifest {
    dependencies: Vec<String>,
}

fn manifests() -> BTreeMap<String, Manifest> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read =
        |path: &Path| -> toml::Table { std::fs::read_to_string(path).unwrap().parse().unwrap() };
    let workspace = read(&root.join("Cargo.toml"));
    let members = workspace["workspace"]["members"].as_array().unwrap();
    members
        .iter()
        .map(|member| {
            let manifest = read(&root.join(member.as_str().unwrap()).join("Cargo.toml"));
            let name = manifest["package"]["name"].as_str().unwrap().to_owned();
            let dependencies = ["dependencies", "build-dependencies"]
                .iter()
                .filter_map(|section| manifest.get(*section)?.as_table())
                .flat_map(|section| section.keys().cloned())
                .collect();
            (name, Manifest { dependencies })
        })
        .collect()
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let manifests = manifests();
    let mut wrong = Vec::new();
    for (name, manifest) in &manifests {
        if TOP.contains(&name.as_str()) {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| known == name) else {
            wrong.push(format!("{name} has no entry"));
            continue;
        };
        for dependency in &manifest.dependencies {
            let is_ours = manifests.contains_key(dependency);
            if is_ours && !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{name} → {dependency}"));
            }
            if dependency.starts_with("aws-sdk-") && !NAMES_AWS_SDK.contains(&name.as_str()) {
                wrong.push(format!("{name} → {dependency}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "new arrows, to be refused or drawn: {wrong:#?}"
    );
}

#[test]
fn every_arrow_is_of_a_crate_that_exists() {
    let manifests = manifests();
    for (name, allowed) in ARROWS {
        for known in std::iter::once(name).chain(*allowed) {
            assert!(manifests.contains_key(*known), "{known}");
        }
    }
}
