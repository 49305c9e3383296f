@fault:drift @cap:agent @cap:shared-eni
Feature: Drift
  Somebody alters what the agent made: an administrator, a network manager, udev.

  @req:FLT-8 @req:COX-1
  Scenario Outline: Each <kind> that is altered comes back, and nothing else is touched
    Which objects there are is taken from the kernel. The agent stands still until
    the alteration was seen; its time runs from the alteration.

    Given a node "n1"
    And foreign objects on "n1"
    And a pod "a" on "n1"
    When each <kind> of "a" and its node is altered, one at a time
    Then each is back within 5 seconds
    And no foreign object of "n1" was touched
    And "a" reaches the world over TCP with IPv4, under its own address
    And "a" reaches the world over TCP with IPv6, under its own address

    Examples:
      | kind      |
      | link      |
      | address   |
      | route     |
      | rule      |
      | neighbour |
      | sysctl    |
      | mark      |

  @req:FLT-14 @req:CNI-5
  Scenario Outline: CHECK sees each <kind> that was altered
    Given a node "n1" with:
      | config repair_period | "0s" |
    And a pod "a" on "n1"
    Then CHECK sees each <kind> of "a" and its node that is altered

    Examples:
      | kind      |
      | link      |
      | address   |
      | route     |
      | rule      |
      | neighbour |
      | sysctl    |
      | mark      |
