//! The OpenAPI document as lines that a reviewer reads: one an operation, parameter, body and answer, one a schema and member
//! of it, with what the document tells about each behind ` -- `. A `?` marks what may be left out. What has no words here stands as
//! the document has it, so that no change of it goes unseen.

use serde_json::{Map, Value, json};

type Members = Map<String, Value>;

/// Keywords that take several schemas.
const SEVERAL: [&str; 3] = ["oneOf", "anyOf", "allOf"];

/// The operations, after what the document says about all of them.
pub fn operations(document: &Value) -> String {
    let mut outline = Outline::of(document);
    for (key, value) in object(document) {
        match key.as_str() {
            "paths" => {}
            "components" => {
                for (key, value) in object(value).iter().filter(|(key, _)| *key != "schemas") {
                    outline.line(0, key, &value.to_string(), &[]);
                }
            }
            _ => outline.line(0, key, &value.to_string(), &[]),
        }
    }
    for (path, item) in object(&document["paths"]) {
        for (method, operation) in object(item) {
            let label = format!("{} {path}", method.to_uppercase());
            outline.operation(&label, object(operation));
        }
    }
    outline.text
}

/// The schemas by name.
pub fn schemas(document: &Value) -> String {
    let mut outline = Outline::of(document);
    let named = outline.named;
    for (name, schema) in named {
        let mut shape = Shape::new(named);
        let words = shape.own_words(object(schema));
        outline.shape(0, name, &shape, &words);
    }
    outline.text
}

fn object(value: &Value) -> &Members {
    value.as_object().expect("an object of the document")
}

/// A text without its line breaks; anything else as it is.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(
        || value.to_string(),
        |text| text.split_whitespace().collect::<Vec<_>>().join(" "),
    )
}

fn listed(value: &Value, between: &str) -> String {
    match value {
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(plain).collect();
            values.join(between)
        }
        _ => plain(value),
    }
}

fn mark(needed: bool) -> &'static str {
    if needed { "" } else { "?" }
}

fn is_needed(holder: &Members) -> bool {
    holder.get("required") == Some(&Value::Bool(true))
}

struct Outline<'a> {
    named: &'a Members,
    text: String,
}

impl<'a> Outline<'a> {
    fn of(document: &'a Value) -> Self {
        Self {
            named: object(&document["components"]["schemas"]),
            text: String::new(),
        }
    }

    fn line(&mut self, depth: usize, label: &str, words: &str, told: &[String]) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str(label);
        if !words.is_empty() {
            self.text.push_str(": ");
            self.text.push_str(words);
        }
        if !told.is_empty() {
            self.text.push_str(" -- ");
            self.text.push_str(&told.join(" / "));
        }
        self.text.push('\n');
    }

    fn shape(&mut self, depth: usize, label: &str, shape: &Shape<'a>, words: &str) {
        self.line(depth, label, words, &shape.told);
        for (label, schema) in &shape.inside {
            let mut shape = Shape::new(self.named);
            let words = shape.words(schema);
            self.shape(depth + 1, label, &shape, &words);
        }
    }

    /// What nearly all operations have alike is not said: that one signs in as a person or a program, and that a problem is
    /// answered.
    fn operation(&mut self, label: &str, operation: &'a Members) {
        let usual_security = json!([{ "bearer": [] }, { "session": [] }]);
        let usual_problem = json!({
            "content": {
                "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
            },
            "description": "A problem after RFC 9457",
        });
        let mut words = Vec::new();
        let mut told = Vec::new();
        if !operation.contains_key("security") {
            words.push("security=none".to_owned());
        }
        for (key, value) in operation {
            match key.as_str() {
                "parameters" | "requestBody" | "responses" => {}
                "description" | "summary" => told.push(plain(value)),
                "operationId" => words.insert(0, plain(value)),
                "security" if *value == usual_security => {}
                "tags" => words.push(format!("{key}={}", listed(value, ","))),
                _ => words.push(format!("{key}={value}")),
            }
        }
        self.line(0, label, &words.join(" "), &told);
        if let Some(parameters) = operation.get("parameters").and_then(Value::as_array) {
            for parameter in parameters {
                self.parameter(object(parameter));
            }
        }
        if let Some(body) = operation.get("requestBody").map(object) {
            self.content(&format!("body{}", mark(is_needed(body))), body);
        }
        let answers = object(&operation["responses"]);
        for (status, answer) in answers {
            if status != "default" || *answer != usual_problem {
                self.content(status, object(answer));
            }
        }
        if !answers.contains_key("default") {
            self.line(1, "default", "none", &[]);
        }
    }

    fn parameter(&mut self, parameter: &'a Members) {
        let mut shape = Shape::new(self.named);
        let mut words = Vec::new();
        for (key, value) in parameter {
            match key.as_str() {
                "in" | "name" | "required" => {}
                "description" => shape.told.push(plain(value)),
                "schema" => words.push(shape.words(value)),
                _ => words.push(format!("{key}={value}")),
            }
        }
        let label = format!(
            "{} {}{}",
            plain(&parameter["in"]),
            plain(&parameter["name"]),
            mark(is_needed(parameter))
        );
        self.shape(1, &label, &shape, &words.join(" "));
    }

    /// A body or an answer: a line for each kind of content.
    fn content(&mut self, label: &str, holder: &'a Members) {
        let mut words = Vec::new();
        let mut told = Vec::new();
        for (key, value) in holder {
            match key.as_str() {
                "content" | "required" => {}
                "description" => told.push(plain(value)),
                _ => words.push(format!("{key}={value}")),
            }
        }
        let kinds = holder.get("content").map(object);
        let Some(kinds) = kinds.filter(|kinds| !kinds.is_empty()) else {
            self.line(1, label, &words.join(" "), &told);
            return;
        };
        for (kind, content) in kinds {
            let mut shape = Shape::new(self.named);
            shape.told.clone_from(&told);
            let mut words = words.clone();
            for (key, value) in object(content) {
                match key.as_str() {
                    "schema" => words.push(shape.words(value)),
                    _ => words.push(format!("{key}={value}")),
                }
            }
            self.shape(1, &format!("{label} {kind}"), &shape, &words.join(" "));
        }
    }
}

/// What is told about a schema on its line, and the schemas inside of it, with what they are called.
struct Shape<'a> {
    named: &'a Members,
    told: Vec<String>,
    inside: Vec<(String, &'a Value)>,
}

impl<'a> Shape<'a> {
    fn new(named: &'a Members) -> Self {
        Self {
            named,
            told: Vec::new(),
            inside: Vec::new(),
        }
    }

    /// The name of a schema that stands in place but has one: the document repeats those of pages.
    fn name_of(&self, schema: &Value) -> Option<&'a str> {
        schema.get("properties")?;
        let mut named = self.named.iter();
        named
            .find(|(_, named)| *named == schema)
            .map(|(name, _)| name.as_str())
    }

    /// Whether it needs no lines of its own.
    fn is_short(&self, schema: &Value) -> bool {
        let is_long = |key: &str| key == "properties" || SEVERAL.contains(&key);
        self.name_of(schema).is_some() || !object(schema).keys().any(|key| is_long(key))
    }

    fn words(&mut self, schema: &'a Value) -> String {
        match (self.name_of(schema), schema) {
            (Some(name), _) => name.to_owned(),
            (None, Value::Object(members)) => self.own_words(members),
            (None, _) => schema.to_string(),
        }
    }

    fn own_words(&mut self, members: &'a Members) -> String {
        self.told.extend(members.get("description").map(plain));
        let mut words = Vec::new();
        if let Some(kind) = members.get("type")
            && (kind != "array" || !members.contains_key("items"))
        {
            words.push(listed(kind, "|"));
        }
        let needed = members.get("required").and_then(Value::as_array);
        let known = members.get("properties").and_then(Value::as_object);
        for (key, value) in members {
            match (key.as_str(), value) {
                ("description" | "type", _) => {}
                ("$ref", Value::String(path)) => {
                    words.push(path.rsplit('/').next().unwrap_or_default().to_owned());
                }
                ("format", Value::String(name)) => words.push(name.clone()),
                ("enum", Value::Array(_)) => words.push(format!("of {}", listed(value, ","))),
                ("items", _) => {
                    let item = self.words(value);
                    words.push(format!("[{item}]"));
                }
                ("additionalProperties", Value::Bool(false)) => words.push("closed".to_owned()),
                ("properties", Value::Object(properties)) => {
                    for (name, schema) in properties {
                        let is_needed =
                            needed.is_some_and(|needed| needed.iter().any(|needed| needed == name));
                        self.inside
                            .push((format!("{name}{}", mark(is_needed)), schema));
                    }
                }
                ("required", Value::Array(names)) => {
                    let is_known = |name: &&Value| {
                        let name = name.as_str().unwrap_or_default();
                        known.is_some_and(|known| known.contains_key(name))
                    };
                    let unknown = names.iter().filter(|name| !is_known(name));
                    words.extend(unknown.map(|name| format!("{key}={name}")));
                }
                (_, Value::Array(schemas)) if SEVERAL.contains(&key.as_str()) => {
                    if schemas.iter().all(|schema| self.is_short(schema)) {
                        let each: Vec<_> =
                            schemas.iter().map(|schema| self.words(schema)).collect();
                        words.push(format!("{key}({})", each.join(", ")));
                    } else {
                        let each = schemas.iter().map(|schema| (key.clone(), schema));
                        self.inside.extend(each);
                    }
                }
                _ => words.push(format!("{key}={value}")),
            }
        }
        words.join(" ")
    }
}

#[test]
fn what_has_no_words_stands_as_it_is() {
    let document = json!({
        "openapi": "3.1.0",
        "paths": { "/a": { "put": {
            "deprecated": true,
            "operationId": "a",
            "parameters": [{ "in": "path", "name": "n", "required": true, "schema": { "type": "string", "maxLength": 9 } }],
            "requestBody": { "content": { "text/csv": { "example": "1,2" } } },
            "responses": { "204": { "description": "Taken\nin" } },
        } } },
        "components": { "schemas": {
            "Few": {
                "items": { "$ref": "#/components/schemas/One" },
                "maxItems": 2,
                "type": ["array", "null"],
            },
            "One": {
                "properties": { "b": { "type": "boolean" }, "c": { "const": 7, "description": "Seven" } },
                "required": ["b", "d"],
                "type": "object",
            },
        } },
    });
    assert_eq!(
        operations(&document),
        "openapi: \"3.1.0\"\n\
         PUT /a: a security=none deprecated=true\n  \
           path n: string maxLength=9\n  \
           body? text/csv: example=\"1,2\"\n  \
           204 -- Taken in\n  \
           default: none\n"
    );
    assert_eq!(
        schemas(&document),
        "Few: array|null [One] maxItems=2\n\
         One: object required=\"d\"\n  \
           b: boolean\n  \
           c?: const=7 -- Seven\n"
    );
}
