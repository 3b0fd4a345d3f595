//! Changes to rows, and rows back to the state.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::JournalError;
use crate::clock::Timestamp;
use crate::sqs::change::Change;
use crate::sqs::deduplication::{DeduplicationKey, Original};
use crate::sqs::message::{Attributes, Delivery, Message, Sequence, Standing};
use crate::sqs::moves::MoveTask;
use crate::sqs::name::QueueName;
use crate::sqs::state::State;

pub(super) fn write(connection: &Connection, change: &Change) -> Result<(), JournalError> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<(), JournalError> {
        connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    };
    match change {
        Change::QueueSaved { queue, record } => run(
            "INSERT OR REPLACE INTO queues (name, record) VALUES (?1, ?2)",
            params![queue.as_str(), json(record)?],
        ),
        Change::QueueDeleted { queue } => {
            let name = params![queue.as_str()];
            run("DELETE FROM messages WHERE queue = ?1", name)?;
            run("DELETE FROM duplicates WHERE queue = ?1", name)?;
            run("DELETE FROM queues WHERE name = ?1", name)
        }
        Change::QueuePurged { queue } => run(
            "DELETE FROM messages WHERE queue = ?1",
            params![queue.as_str()],
        ),
        Change::MessageAdded { queue, message } => write_message(connection, queue, message),
        Change::MessageRemoved { sequence } => run(
            "DELETE FROM messages WHERE sequence = ?1",
            params![number(*sequence)],
        ),
        Change::Delivered { sequence, delivery } => {
            let (visible_at, received_at) = standing_columns(delivery.standing);
            run(
                "UPDATE messages SET visible_at = ?2, received_at = ?3, receive_count = ?4, \
                 first_received_at = ?5 WHERE sequence = ?1",
                params![
                    number(*sequence),
                    visible_at,
                    received_at,
                    delivery.receive_count,
                    delivery.first_received_at.map(Timestamp::millis),
                ],
            )
        }
        Change::DuplicateRemembered {
            queue,
            key,
            original,
        } => run(
            "INSERT OR REPLACE INTO duplicates (queue, message_group, deduplication_id, \
             message_id, sequence_number, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                queue.as_str(),
                key.group.as_deref().unwrap_or_default(),
                &*key.id,
                original.id.simple().to_string(),
                number(original.sequence_number),
                original.expires_at.millis(),
            ],
        ),
        Change::DuplicatesForgotten { queue, until } => run(
            "DELETE FROM duplicates WHERE queue = ?1 AND expires_at <= ?2",
            params![queue.as_str(), until.millis()],
        ),
        Change::MoveSaved { task } => run(
            "INSERT OR REPLACE INTO moves (handle, started_at, task) VALUES (?1, ?2, ?3)",
            params![task.handle, task.started_at.millis(), json(task)?],
        ),
        Change::MoveForgotten { handle } => {
            run("DELETE FROM moves WHERE handle = ?1", params![handle])
        }
        Change::SequencesReserved { below } => run(
            "INSERT OR REPLACE INTO sequences (one, reserved_below) VALUES (1, ?1)",
            params![number(*below)],
        ),
    }
}

fn write_message(
    connection: &Connection,
    queue: &QueueName,
    message: &Message,
) -> Result<(), JournalError> {
    let (visible_at, received_at) = standing_columns(message.delivery.standing);
    connection
        .prepare_cached(
            "INSERT INTO messages (sequence, queue, id, body, attributes, system_attributes, \
             message_group, deduplication_id, sequence_number, enqueued_at, dead_letter_source, \
             visible_at, received_at, receive_count, first_received_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            number(message.sequence),
            queue.as_str(),
            message.id.simple().to_string(),
            &*message.body,
            attributes_column(&message.attributes)?,
            attributes_column(&message.system_attributes)?,
            message.group.as_deref(),
            message.deduplication_id.as_deref(),
            message.sequence_number.map(number),
            message.enqueued_at.millis(),
            message.dead_letter_source.as_ref().map(QueueName::as_str),
            visible_at,
            received_at,
            message.delivery.receive_count,
            message.delivery.first_received_at.map(Timestamp::millis),
        ])?;
    Ok(())
}

pub(super) fn read(connection: &Connection, now: Timestamp) -> Result<State, JournalError> {
    let mut state = State::default();
    let sql = "SELECT reserved_below FROM sequences";
    each(connection, sql, |row| {
        state.restore_sequences(sequence(row, "reserved_below")?);
        Ok(())
    })?;
    each(connection, "SELECT * FROM queues", |row| {
        let record = from_json("queue", &row.get::<_, String>("record")?)?;
        state
            .restore_queue(queue_name(row, "name")?, record)
            .map_err(malformed("queue"))
    })?;
    each(
        connection,
        "SELECT * FROM messages ORDER BY sequence",
        |row| {
            let queue = queue_name(row, "queue")?;
            state
                .restore_message(&queue, read_message(row)?, now)
                .map_err(malformed("message"))
        },
    )?;
    each(connection, "SELECT * FROM duplicates", |row| {
        let (key, original) = read_duplicate(row)?;
        let queue = queue_name(row, "queue")?;
        state
            .restore_duplicate(&queue, key, original)
            .map_err(malformed("deduplication id"))
    })?;
    each(
        connection,
        "SELECT task FROM moves ORDER BY started_at, handle",
        |row| {
            let task: MoveTask = from_json("move task", &row.get::<_, String>("task")?)?;
            state.restore_move(task);
            Ok(())
        },
    )?;
    Ok(state)
}

fn read_message(row: &Row<'_>) -> Result<Message, JournalError> {
    let visible_at = timestamp(row, "visible_at")?;
    let standing = match optional_timestamp(row, "received_at")? {
        None => Standing::Waiting { visible_at },
        Some(received_at) => Standing::InFlight {
            received_at,
            until: visible_at,
        },
    };
    Ok(Message {
        sequence: sequence(row, "sequence")?,
        id: message_id(row, "id")?,
        body: row.get::<_, String>("body")?.into(),
        attributes: read_attributes(row, "attributes")?,
        system_attributes: read_attributes(row, "system_attributes")?,
        group: row
            .get::<_, Option<String>>("message_group")?
            .map(Into::into),
        deduplication_id: row
            .get::<_, Option<String>>("deduplication_id")?
            .map(Into::into),
        sequence_number: row
            .get::<_, Option<i64>>("sequence_number")?
            .map(|number| Sequence(number.cast_unsigned())),
        enqueued_at: timestamp(row, "enqueued_at")?,
        dead_letter_source: row
            .get::<_, Option<String>>("dead_letter_source")?
            .map(|name| QueueName::parse(&name).map_err(malformed("queue name")))
            .transpose()?,
        delivery: Delivery {
            standing,
            receive_count: row.get("receive_count")?,
            first_received_at: optional_timestamp(row, "first_received_at")?,
        },
    })
}

fn read_duplicate(row: &Row<'_>) -> Result<(DeduplicationKey, Original), JournalError> {
    let group: String = row.get("message_group")?;
    let key = DeduplicationKey {
        group: (!group.is_empty()).then(|| group.into()),
        id: row.get::<_, String>("deduplication_id")?.into(),
    };
    let original = Original {
        id: message_id(row, "message_id")?,
        sequence_number: sequence(row, "sequence_number")?,
        expires_at: timestamp(row, "expires_at")?,
    };
    Ok((key, original))
}

fn each(
    connection: &Connection,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

fn standing_columns(standing: Standing) -> (i64, Option<i64>) {
    match standing {
        Standing::Waiting { visible_at } => (visible_at.millis(), None),
        Standing::InFlight { received_at, until } => (until.millis(), Some(received_at.millis())),
    }
}

/// `SQLite`'s integers are signed; a sequence counts messages and stays far from
/// where that would matter.
fn number(sequence: Sequence) -> i64 {
    sequence.0.cast_signed()
}

fn sequence(row: &Row<'_>, column: &str) -> Result<Sequence, JournalError> {
    Ok(Sequence(row.get::<_, i64>(column)?.cast_unsigned()))
}

fn timestamp(row: &Row<'_>, column: &str) -> Result<Timestamp, JournalError> {
    Ok(Timestamp::from_millis(row.get(column)?))
}

fn optional_timestamp(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>, JournalError> {
    Ok(row
        .get::<_, Option<i64>>(column)?
        .map(Timestamp::from_millis))
}

fn message_id(row: &Row<'_>, column: &str) -> Result<uuid::Uuid, JournalError> {
    row.get::<_, String>(column)?
        .parse()
        .map_err(malformed("message id"))
}

fn queue_name(row: &Row<'_>, column: &str) -> Result<QueueName, JournalError> {
    QueueName::parse(&row.get::<_, String>(column)?).map_err(malformed("queue name"))
}

fn attributes_column(attributes: &Attributes) -> Result<Option<String>, JournalError> {
    if attributes.is_empty() {
        Ok(None)
    } else {
        json(attributes).map(Some)
    }
}

fn read_attributes(row: &Row<'_>, column: &str) -> Result<Attributes, JournalError> {
    match row.get::<_, Option<String>>(column)? {
        None => Ok(Attributes::new()),
        Some(text) => from_json("message attribute", &text),
    }
}

fn json(value: &impl Serialize) -> Result<String, JournalError> {
    serde_json::to_string(value).map_err(malformed("record"))
}

fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, JournalError> {
    serde_json::from_str(text).map_err(malformed(what))
}

fn malformed<E: std::error::Error + Send + Sync + 'static>(
    what: &'static str,
) -> impl FnOnce(E) -> JournalError {
    move |error| JournalError::Malformed {
        what,
        source: Box::new(error),
    }
}
