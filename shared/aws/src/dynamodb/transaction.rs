//! The writes of a transaction.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use patchbay_app::ports::{PortError, PortResult};

use super::item::{Item, key_attributes};
use super::key::{Key, PK};
use super::table::Table;
use crate::error::unavailable;

/// Puts an item where there is none.
pub(crate) fn put_new(table: &Table, item: Item) -> PortResult<TransactWriteItem> {
    let put = Put::builder()
        .table_name(table.name())
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#pk)")
        .expression_attribute_names("#pk", PK)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    Ok(TransactWriteItem::builder()
        .put(put.build().map_err(incomplete)?)
        .build())
}

/// Puts an item where there is none, or one in which the attribute has this value.
pub(crate) fn put_new_or_same(
    table: &Table,
    item: Item,
    attribute: &str,
    value: AttributeValue,
) -> PortResult<TransactWriteItem> {
    let put = Put::builder()
        .table_name(table.name())
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#pk) OR #attribute = :value")
        .expression_attribute_names("#pk", PK)
        .expression_attribute_names("#attribute", attribute)
        .expression_attribute_values(":value", value);
    Ok(TransactWriteItem::builder()
        .put(put.build().map_err(incomplete)?)
        .build())
}

/// Puts an item, whatever stands there.
pub(crate) fn put_over(table: &Table, item: Item) -> PortResult<TransactWriteItem> {
    let put = Put::builder().table_name(table.name()).set_item(Some(item));
    Ok(TransactWriteItem::builder()
        .put(put.build().map_err(incomplete)?)
        .build())
}

/// Deletes an item, if it is there.
pub(crate) fn delete_any(table: &Table, key: &Key) -> PortResult<TransactWriteItem> {
    let delete = Delete::builder()
        .table_name(table.name())
        .set_key(Some(key_attributes(key)));
    Ok(TransactWriteItem::builder()
        .delete(delete.build().map_err(incomplete)?)
        .build())
}

/// Deletes an item that must be there.
pub(crate) fn delete_existing(table: &Table, key: &Key) -> PortResult<TransactWriteItem> {
    let delete = Delete::builder()
        .table_name(table.name())
        .set_key(Some(key_attributes(key)))
        .condition_expression("attribute_exists(#pk)")
        .expression_attribute_names("#pk", PK);
    Ok(TransactWriteItem::builder()
        .delete(delete.build().map_err(incomplete)?)
        .build())
}

/// Deletes an item in which the attribute has this value.
pub(crate) fn delete_same(
    table: &Table,
    key: &Key,
    attribute: &str,
    value: AttributeValue,
) -> PortResult<TransactWriteItem> {
    let delete = Delete::builder()
        .table_name(table.name())
        .set_key(Some(key_attributes(key)))
        .condition_expression("#attribute = :value")
        .expression_attribute_names("#attribute", attribute)
        .expression_attribute_values(":value", value);
    Ok(TransactWriteItem::builder()
        .delete(delete.build().map_err(incomplete)?)
        .build())
}

/// Gives an attribute that has one value another one.
pub(crate) fn update_same(
    table: &Table,
    key: &Key,
    attribute: &str,
    present: AttributeValue,
    next: AttributeValue,
) -> PortResult<TransactWriteItem> {
    let update = Update::builder()
        .table_name(table.name())
        .set_key(Some(key_attributes(key)))
        .update_expression("SET #attribute = :next")
        .condition_expression("#attribute = :present")
        .expression_attribute_names("#attribute", attribute)
        .expression_attribute_values(":present", present)
        .expression_attribute_values(":next", next);
    Ok(TransactWriteItem::builder()
        .update(update.build().map_err(incomplete)?)
        .build())
}

/// The error of a builder that misses what it needs; the code here always gives it.
pub(crate) fn incomplete(error: BuildError) -> PortError {
    unavailable("building a request")(error)
}
