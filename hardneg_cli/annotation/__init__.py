"""What annotation tools are asked, and what their exports answer."""
