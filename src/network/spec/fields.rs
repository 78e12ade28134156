//! Structs of the format with a method for each field that may be left out.

/// A struct of parameters that all have defaults: its fields with their defaults.
macro_rules! defaults {
    ($(#[$about:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$of_field])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                $name { $($field: $default,)* }
            }
        }

        crate::network::spec::fields::setters!($name { $($field: $type,)* });
    };
}

/// A struct of parameters of which the first must be given, by the function `$make`.
macro_rules! parameters {
    (
        $(#[$about:meta])* $name:ident $make:ident {
            $($(#[$of_needed:meta])* $needed:ident: $needed_type:ty,)*
        } {
            $($(#[$of_field:meta])* $field:ident: $type:ty = $default:expr,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$of_needed])* pub $needed: $needed_type,)*
            $($(#[$of_field])* pub $field: $type,)*
        }

        impl $name {
            #[doc = concat!("With ", $("`", stringify!($needed), "`, ",)* "and the defaults of the rest.")]
            pub fn $make($($needed: impl Into<$needed_type>),*) -> Self {
                $name { $($needed: $needed.into(),)* $($field: $default,)* }
            }
        }

        crate::network::spec::fields::setters!($name { $($field: $type,)* });
    };
}

/// A method for each field that sets it.
macro_rules! setters {
    ($name:ident { $($field:ident: $type:ty,)* }) => {
        impl $name {
            $(
                #[doc = concat!("Sets the field `", stringify!($field), "`.")]
                #[must_use]
                pub fn $field(mut self, $field: impl Into<$type>) -> Self {
                    self.$field = $field.into();
                    self
                }
            )*
        }
    };
}

/// Each struct of parameters as the variant of its name.
macro_rules! variants {
    ($spec:ident: $($name:ident)*) => {
        $(
            impl From<$name> for $spec {
                fn from(parameters: $name) -> $spec {
                    $spec::$name(parameters)
                }
            }
        )*
    };
}

pub(super) use {defaults, parameters, setters, variants};
