//! Every SQL statement of the sources prepares on both databases.

use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

use crate::support::{On, TestApp};

struct Statement {
    file: PathBuf,
    line: usize,
    sql: &'static str,
}

#[tokio::test]
async fn every_statement_prepares_on_both_databases() {
    let statements = statements();
    // A walk that finds nothing would find no mistake either.
    assert!(statements.len() > 100, "only {} statements found", statements.len());
    let mut wrong = Vec::new();
    for on in [On::Sqlite, On::Postgres] {
        let app = TestApp::start(on).await;
        for Statement { file, line, sql } in &statements {
            // The demo lives on SQLite alone and shows how SQLite keeps its tables.
            if on == On::Postgres && file.starts_with("wardesk/src/demo") {
                continue;
            }
            // The tests of the writer have a table of their own.
            if file.ends_with("db/src/writer/tests.rs") {
                continue;
            }
            if let Err(error) = app.app.db.prepare(sql).await {
                wrong.push(format!(
                    "{}:{line} on {on:?}: {}\n    {sql}",
                    file.display(),
                    because(&error)
                ));
            }
        }
        // The check itself can fail.
        assert!(app.app.db.prepare("SELECT nothing FROM nowhere").await.is_err());
        app.stop().await;
    }
    assert!(
        wrong.is_empty(),
        "{} statements do not prepare:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn because(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), because)
}

fn statements() -> Vec<Statement> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .canonicalize()
        .unwrap();
    let mut files = Vec::new();
    sources(&crates, &mut files);
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let tokens: TokenStream = text
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let shown = file.strip_prefix(&crates).unwrap().to_owned();
        walk(tokens, &mut |line, sql| {
            found.push(Statement {
                file: shown.clone(),
                line,
                sql,
            });
        });
    }
    found
}

/// All `.rs` files in folders called `src`. The database crate's own tests make tables of their own.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs")
            && path.components().any(|part| part.as_os_str() == "src")
            && !path.ends_with("db/src/tests.rs")
        {
            files.push(path);
        }
    }
}

/// Finds `sql!(…)` wherever it stands, in macros too, and gives the first literal in it.
fn walk(tokens: TokenStream, found: &mut impl FnMut(usize, &'static str)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let called = at >= 2
            && matches!(&tokens[at - 1], TokenTree::Punct(punct) if punct.as_char() == '!')
            && matches!(&tokens[at - 2], TokenTree::Ident(ident) if ident == "sql");
        let literal = group.stream().into_iter().find_map(|token| match token {
            TokenTree::Literal(literal) => Some(literal),
            _ => None,
        });
        match literal.filter(|_| called) {
            Some(literal) => {
                let value: syn::LitStr = syn::parse_str(&literal.to_string()).expect("the statement is a literal");
                found(literal.span().start().line, value.value().leak());
            }
            None => walk(group.stream(), found),
        }
    }
}
