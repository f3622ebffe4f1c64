//! The rules of the layout, read off the sources: which arrows there are, and what stands nowhere.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The code of every Rust file below a folder, without comments, texts and test modules.
fn code_below(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !path.ends_with("tests.rs")
                && !path.ends_with("samples.rs")
            {
                let source = std::fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(root()).unwrap().display().to_string(), code_of(&source)));
            }
        }
    }
    assert!(!files.is_empty(), "{folder} has no sources");
    files
}

fn code_of(source: &str) -> String {
    let source = source.split("#[cfg(test)]").next().unwrap();
    let line = |line: &str| {
        let mut code = String::new();
        let (mut quoted, mut escaped) = (false, false);
        for letter in line.split("//").next().unwrap().chars() {
            match letter {
                '"' if !escaped => quoted = !quoted,
                _ if !quoted => code.push(letter),
                _ => {}
            }
            escaped = letter == '\\' && !escaped;
        }
        code
    };
    source.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Holds every file below a folder to not having any of some words.
fn nowhere(folder: &str, except: &[&str], words: &[&str]) {
    for (file, code) in code_below(folder) {
        if except.iter().any(|name| file.contains(name)) {
            continue;
        }
        for word in words {
            assert!(!code.contains(word), "{file} has {word:?}");
        }
    }
}

#[test]
fn the_domain_knows_no_clock_no_input_no_http_and_no_aws() {
    let words = [
        "tokio",
        "axum",
        "aws_",
        "Utc::now",
        "SystemTime",
        "Instant",
        "std::fs",
        "std::env",
        "std::net",
        "crate::store",
        "crate::http",
        "crate::report",
    ];
    nowhere("shared/core/src/domain", &[], &words);
}

#[test]
fn only_the_store_speaks_to_aws_and_it_knows_no_http() {
    nowhere("shared/core/src/http", &[], &["aws_", "crate::report"]);
    nowhere("shared/core/src/report", &[], &["aws_"]);
    nowhere("functions", &[], &["aws_"]);
    nowhere("shared/core/src/store", &[], &["axum", "crate::http", "crate::report"]);
}

#[test]
fn only_the_kpis_divide() {
    // The calendar counts minutes and the decimals write digits; neither makes a figure. The models of lifetime
    // estimate, which takes floats, and hand out exact numbers.
    nowhere(
        "shared/core/src/domain",
        &["kpi.rs", "decimal.rs", "calendar.rs", "domain/attribution/", "domain/lifetime/"],
        &[" / ", " % ", "checked_div", "f64", "f32"],
    );
    nowhere("shared/core/src/report", &[], &[" / ", " % ", "checked_div", "f64", "f32"]);
    nowhere("functions", &[], &[" / ", " % ", "checked_div", "f64", "f32"]);
}

#[test]
fn secrets_are_known_by_their_hash_which_is_compared_in_constant_time() {
    let files = code_below("shared/core/src/http");
    let (_, auth) = files.iter().find(|(file, _)| file.ends_with("auth.rs")).unwrap();
    assert!(auth.contains("sha256.as_bytes().ct_eq(expected.as_bytes())"));
    nowhere(
        "shared/core/src/http",
        &[],
        &["== expected", "expected ==", "sha256 ==", "== sha256", "secret =="],
    );
}

#[test]
fn functions_know_neither_each_other_nor_the_engine() {
    let functions = ["collect", "aggregate", "seal", "report", "credit", "goals", "manage", "pages"];
    for function in functions {
        let manifest =
            std::fs::read_to_string(root().join(format!("functions/{function}/Cargo.toml"))).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
        for other in functions.iter().chain(&["reckon", "dynoxide-rs"]).filter(|other| **other != function) {
            assert!(!dependencies.contains(&format!("\n{other}.")), "{function} depends on {other}");
        }
    }
    let mut folders: Vec<_> = std::fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let mut sorted = functions.to_vec();
    sorted.sort_unstable();
    assert_eq!(folders, sorted);
}

#[test]
fn the_scanner_sees_code_and_nothing_else() {
    assert_eq!(code_of("let a = \"x / y\"; // b / c\nlet d = e / f;"), "let a = ; \nlet d = e / f;");
}
