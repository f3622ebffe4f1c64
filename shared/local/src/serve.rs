//! `reckon`: serves everything on the loopback address, delivers the stream, seals on a timer.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reckon_core::http::{Clock, Config, sha256_hex};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::demo::{self, DemoError, Keys};
use crate::engine::{Engine, EngineError};
use crate::system::{OpenError, System};
use crate::table;

/// What serving is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port of the API.
    pub port: u16,
    /// The folder of the database and the keys.
    pub data: PathBuf,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port is taken, most likely by another `reckon`.
    #[error("port {port} is taken; is another reckon running? --port chooses another")]
    Port {
        /// Which port.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// The data folder could not be made.
    #[error("the data folder {path} cannot be used")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The engine did not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The demo site has no keys.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The server broke off.
    #[error("the server broke off")]
    Broken(#[source] std::io::Error),
}

/// How often the stream is looked at; on Lambda the window gathers for longer.
const STREAM_EVERY: Duration = Duration::from_secs(1);
/// How often seal runs; on Lambda every five minutes.
const SEAL_EVERY: Duration = Duration::from_secs(5);
/// How long seal works at a stretch, so that a long rebuild keeps no other site waiting.
const SEAL_FOR: Duration = Duration::from_secs(20);
/// The table's name in the embedded engine.
const TABLE: &str = "reckon";

/// Serves until ctrl-c. What was acknowledged is on disk by then.
pub async fn serve(options: &Options, out: &mut (dyn Write + Send)) -> Result<(), ServeError> {
    let Options { port, data } = options;
    // The port first: two processes must not share one database.
    let taken = |source| ServeError::Port { port: *port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    std::fs::create_dir_all(data).map_err(|source| ServeError::Folder { path: data.clone(), source })?;
    let file = keys_file(data);
    let keys = demo::operator(&file)?;
    let engine = Engine::start(&data.join("table.db"))?;
    let config = Config {
        table: TABLE.to_owned(),
        endpoint: Some(engine.endpoint()),
        operator_key_sha256: Some(sha256_hex(&keys.operator)),
        retention_days: None,
        stream_window_seconds: 1,
    };
    let system = System::open(&engine, Clock::System, config, Some(&data.join("stream-position"))).await?;
    let url = format!("http://127.0.0.1:{}", address.port());
    let keys =
        demo::complete(&system.app, keys, &file, &format!("http://localhost:{}", address.port())).await?;
    // A closed terminal is no reason not to serve.
    let _ = greet(out, &url, &engine.endpoint(), data, &keys);

    let (stop, stopped) = watch::channel(false);
    let served = async {
        let ended = axum::serve(listener, system.router()).with_graceful_shutdown(ctrl_c()).await;
        // Workers end between two steps; what they leave is done at the next start.
        let _ = stop.send(true);
        ended
    };
    let (ended, (), ()) =
        tokio::join!(served, pump(system.clone(), stopped.clone()), seal(system.clone(), stopped));
    let _ = writeln!(out, "stopped; everything acknowledged is in {}", data.display());
    ended.map_err(ServeError::Broken)
}

/// Serves only the embedded table, for containers and other tools, until ctrl-c.
pub async fn serve_table(
    data: &Path,
    address: SocketAddr,
    name: &str,
    out: &mut (dyn Write + Send),
) -> Result<(), ServeError> {
    std::fs::create_dir_all(data).map_err(|source| ServeError::Folder { path: data.to_owned(), source })?;
    let engine = Engine::start_at(&data.join("table.db"), address)?;
    let client = aws_sdk_dynamodb::Client::new(&engine.sdk_config().await);
    table::create(&client, name).await.map_err(OpenError::Table)?;
    let _ = writeln!(
        out,
        "DynamoDB with the table \"{name}\" on {} (data in {})",
        engine.endpoint(),
        data.display()
    );
    ctrl_c().await;
    Ok(())
}

/// Where the keys of a data folder lie.
pub fn keys_file(data: &Path) -> PathBuf {
    data.join("keys")
}

async fn ctrl_c() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "ctrl-c is not heard");
        std::future::pending::<()>().await;
    }
}

async fn pump(system: System, mut stopped: watch::Receiver<bool>) {
    while wait(&mut stopped, STREAM_EVERY).await {
        if let Err(error) = system.pump().await {
            tracing::error!(
                %error, detail = ?error,
                "the stream stands still; trying again"
            );
        }
    }
}

async fn seal(system: System, mut stopped: watch::Receiver<bool>) {
    while wait(&mut stopped, SEAL_EVERY).await {
        if let Err(error) = system.seal(SEAL_FOR).await {
            tracing::error!(%error, detail = ?error, "not sealed; trying again");
        }
    }
}

/// Waits for a moment; false once it is time to stop.
async fn wait(stopped: &mut watch::Receiver<bool>, moment: Duration) -> bool {
    tokio::time::timeout(moment, stopped.changed()).await.is_err()
}

fn greet(
    out: &mut (dyn Write + Send),
    url: &str,
    engine: &str,
    data: &Path,
    keys: &Keys,
) -> std::io::Result<()> {
    let Keys { operator, publish, write, read, admin } = keys;
    writeln!(out, "Reckon serves {url} (data in {}, DynamoDB on {engine})\n", data.display())?;
    writeln!(out, "Keys of the site \"{}\":", demo::SITE)?;
    for (role, key) in
        [("publish", publish), ("write", write), ("read", read), ("admin", admin), ("operator", operator)]
    {
        writeln!(out, "  {role:9}{key}")?;
    }
    writeln!(out, "\nLook at it: open {url}/ and sign in with the read key.")?;
    writeln!(out, "\nSend a sale, then ask what the last 30 days brought:")?;
    writeln!(out, "  curl {url}/v1/events -H 'Authorization: Bearer {write}' \\")?;
    writeln!(
        out,
        "    -d '{{\"id\": \"order-1\", \"kind\": \"sale\", \"value\": \"49.90\", \"utm\": {{\"source\": \"google\", \"medium\": \"cpc\"}}}}'"
    )?;
    writeln!(out, "  curl {url}/v1/reports/summary -H 'Authorization: Bearer {read}'")?;
    writeln!(out, "  curl {url}/v1/reports/channels -H 'Authorization: Bearer {read}'")?;
    writeln!(out, "\nIn a page of the site, three lines count its views and what else happens there:")?;
    writeln!(out, "  <script async src=\"{url}/v1/reckon.js\" data-key=\"{publish}\"></script>")?;
    writeln!(
        out,
        "  <script>window.reckon = window.reckon || function () {{ (reckon.q = reckon.q || []).push(arguments) }}</script>"
    )?;
    writeln!(out, "  <script>reckon('sale', {{ value: '49.90', order: 'A-1001' }})</script>")?;
    writeln!(out, "To hold the page to this version of the script, let the first line have:")?;
    writeln!(
        out,
        "  src=\"{url}/v1/reckon.js?v={}\" integrity=\"{}\" crossorigin",
        pages::version(),
        pages::integrity()
    )?;
    writeln!(
        out,
        "\nFrom a clone, in another terminal, a shop's purchases of 1997 and 1998; then look at their days:"
    )?;
    writeln!(out, "  cargo run -- import tests/data/cdnow.txt.zst --url {url} --key {write} \\")?;
    writeln!(out, "    --format csv --delimiter space --kind sale --map customer=customer_id \\")?;
    writeln!(out, "    --map occurred_at=date --map value=dollar_value --date-format %Y%m%d")?;
    writeln!(out, "  {url}/#period=custom&from=1997-01-01&to=1998-06-30")?;
    writeln!(out, "\nreckon import --help sends files. Ctrl-c stops; nothing is lost.")?;
    out.flush()
}
