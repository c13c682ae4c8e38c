//! `GET /live`: news for open pages.

use std::net::SocketAddr;

use machinaut_control::keys::{self, NewKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::approver::{APPROVER, Approver};
use crate::house::House;

/// An open page that listens.
pub(crate) struct Listener {
    connection: TcpStream,
    heard: String,
}

impl Listener {
    async fn of(house: &House<'_>, cookie: &str) -> Self {
        Self::at(house.address, cookie).await
    }

    pub(crate) async fn at(address: SocketAddr, cookie: &str) -> Self {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "GET /live HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n"
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut listener = Self {
            connection,
            heard: String::new(),
        };
        listener.until("\r\n\r\n").await;
        assert!(
            listener.heard.starts_with("HTTP/1.1 200"),
            "{}",
            listener.heard
        );
        assert!(
            listener.heard.contains("text/event-stream"),
            "{}",
            listener.heard
        );
        listener
    }

    /// Listens until something was heard. Whether the connection is still open.
    pub(crate) async fn until(&mut self, awaited: &str) -> bool {
        let mut piece = [0; 1024];
        while !self.heard.contains(awaited) {
            let read = self.connection.read(&mut piece).await.unwrap_or(0);
            if read == 0 {
                return false;
            }
            self.heard
                .push_str(&String::from_utf8_lossy(&piece[..read]));
        }
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_hears_what_changed_in_its_own_organisation_only() {
    House::each(async |house| {
        let mut ours = Listener::of(house, &house.cookie().await).await;
        let other = house.trial.organisation("other").await;
        let new = NewKey {
            approver_id: "bob@desk".parse().unwrap(),
            label: "desk".to_owned(),
            public_key: Approver::unregistered(9).key().to_pem(),
        };
        keys::register(&other, &house.trial.control, new)
            .await
            .unwrap();
        house.ship_sample().await;
        assert!(ours.until("\"topic\":\"session\"").await);
        assert!(!ours.heard.contains("\"topic\":\"keys\""), "{}", ours.heard);
        Approver::registered(&house.scope, &house.trial.control).await;
        assert!(ours.until("\"topic\":\"keys\"").await);
        assert!(
            !ours.heard.contains(APPROVER),
            "news has no content: {}",
            ours.heard
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_ends_at_the_first_news_after_signing_out() {
    House::each(async |house| {
        let cookie = house.cookie().await;
        let mut page = Listener::of(house, &cookie).await;
        house
            .post_form(
                "/api/sign_out",
                &[("sec-fetch-site", "same-origin"), ("cookie", &cookie)],
                "",
            )
            .await;
        house.ship_sample().await;
        assert!(!page.until("never").await);
        assert!(!page.heard.contains("\"topic\""), "{}", page.heard);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_ends_the_stream() {
    House::each(async |house| {
        let mut page = Listener::of(house, &house.cookie().await).await;
        house.stop_waiting();
        assert!(!page.until("never").await);
    })
    .await;
}
