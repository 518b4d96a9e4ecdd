"""What operators do: register parties; every act against a customer needs two operators."""
